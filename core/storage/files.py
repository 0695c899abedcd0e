"""Atomic file writes, TOML and JSON with format versions, and fingerprints of the inputs that a file depends on."""

import hashlib
import json
import os
import tempfile
import tomllib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np
import tomli_w

from core import __version__
from core.errors import InputError
from core.storage.disk_errors import check_is_no_device, disk_errors_for

Record = TypeVar("Record")
#: Keys of TOML files that have another name since version 0.2.
_EARLIER_NAMES = {"stop_after": "patience", "recall_10": "top10_flip_rate"}
#: Input of a fingerprint; arrays include their type and shape, so that [2, 3] and [3, 2] differ.
Part = str | bytes | int | float | bool | None | np.ndarray | list[Any] | tuple[Any, ...] | dict[str, Any]

#: See `file_signature`.
FileSignature = tuple[int, int, int]


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yield a unique temporary path in the folder of `path`; rename it to `path` on success, remove it on failure.

    Raises DiskError: the disk is full, the folder not writable, or `path` is not a regular file (a device such as
    /dev/stdout would be replaced).
    """
    with disk_errors_for(path):
        check_is_no_device(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=f".tmp{path.suffix}", dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            temporary.chmod(0o644)  # mkstemp makes files private; these should be as readable as the user's others
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes) -> None:
    """Write `data` completely or not at all."""
    with atomic_write(path) as temporary:
        temporary.write_bytes(data)


def save_array(file: Path, array: np.ndarray) -> None:
    """Write an array as .npy into a file that no other process uses, such as the one of `atomic_write`.

    The file is opened for reading too: numpy passes a write-only file to the C library, which does not report that
    the disk became full during the last part of an array.
    """
    with file.open("w+b") as opened:
        np.save(opened, array, allow_pickle=False)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text completely or not at all."""
    write_bytes(path, text.encode())


def write_toml(path: Path, table: dict[str, Any], format_version: int) -> None:
    """Write a TOML file; keys whose value is None are omitted, since TOML has no null.

    format_version: stored in the file with the version of Rematch; increase it when the content changes.
    """
    written = {"format": format_version, "written_by": f"Rematch {__version__}"}
    write_text(path, tomli_w.dumps(written | _without_none(table)))


def _without_none(table: dict[str, Any]) -> dict[str, Any]:
    present = {key: value for key, value in table.items() if value is not None}
    return {key: _without_none(value) if isinstance(value, dict) else value for key, value in present.items()}


def read_toml(path: Path, what: str, format_version: int, remedy: str) -> dict[str, Any]:
    """Read a TOML file that Rematch wrote.

    remedy: what to do with an older file, as in "Sweep again." Raises InputError naming `what`: the file is missing,
    damaged or has another format version.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"no {what}: {path} does not exist.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise InputError(f"the {what} file {path} cannot be read: {error}. {remedy}") from None
    found, written_by = table.pop("format", 1), table.pop("written_by", "an early Rematch")  # which stored neither
    check_format_version(found, format_version, f"the {what} file {path}, written by {written_by},", remedy)
    return table


def read_record(
    path: Path, record: type[Record], what: str, format_version: int, remedy: str, ignored: Collection[str] = ()
) -> Record:
    """Read a TOML file that holds the dataclass `record`.

    ignored: keys that are allowed in addition to the record's. Raises InputError as `read_toml`, and where a key is
    missing or unknown, or its value does not have the field's type or is out of bounds.
    """
    table = _renamed(read_toml(path, what, format_version, remedy))
    try:
        read = msgspec.convert(table, record)
        if unknown := _unknown(table, msgspec.to_builtins(read)) - set(ignored):
            raise msgspec.ValidationError(f"Unknown keys {', '.join(sorted(unknown))}")
        return read
    except msgspec.ValidationError as error:
        version = "damaged or of another version of Rematch"
        raise InputError(f"the {what} file {path} is {version} ({error}). {remedy}") from None


def _renamed(value: Any) -> Any:
    """Return a table with the names that its keys have now."""
    if not isinstance(value, dict):
        return value
    return {_EARLIER_NAMES.get(key, key): _renamed(entry) for key, entry in value.items()}


def _unknown(table: dict[str, Any], known: dict[str, Any]) -> set[str]:
    """Return the keys of a table and its tables that are not in `known`."""
    inside = (_unknown(entry, known[key]) for key, entry in table.items() if isinstance(entry, dict) and key in known)
    return (table.keys() - known.keys()).union(*inside)


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object that another program wrote. Raises InputError: missing, invalid JSON, or not an object."""
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as JSON: {error}.") from None
    if not isinstance(table, dict):
        raise InputError(f"{path} cannot be read: expected a JSON object.")
    return table


def check_format_version(found: object, format_version: int, what: str, remedy: str) -> None:
    """Raise InputError unless `found`, in `what`, is `format_version`. remedy: what to do with an older file."""
    if found != format_version:
        newer = isinstance(found, int) and found > format_version
        raise InputError(
            f"{what} has format version {found}; Rematch {__version__} reads format version {format_version}. "
            + ("Use the version of Rematch that wrote it, or a newer one." if newer else remedy)
        )


def fingerprint(*parts: Part) -> str:
    """Return 20 hex digits that change when any part changes (BLAKE2b)."""
    digest = hashlib.blake2b(digest_size=10)
    _feed(digest, parts)
    return digest.hexdigest()


def file_fingerprint(path: Path) -> str:
    """Return the fingerprint of a file's bytes, 20 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=10)).hexdigest()


def bytes_fingerprint(content: bytes) -> str:
    """Return the `file_fingerprint` of a file with this content."""
    return hashlib.blake2b(content, digest_size=10).hexdigest()


def file_signature(file: Path) -> FileSignature:
    """Return (inode, size, time of modification in ns), which change whenever the file is written again."""
    state = file.stat()
    return state.st_ino, state.st_size, state.st_mtime_ns


def _feed(digest: Any, part: Part) -> None:
    if isinstance(part, np.ndarray):
        digest.update(f"array {part.dtype.str} {part.shape}:".encode())
        digest.update(np.ascontiguousarray(part).data)
    elif isinstance(part, dict):
        _feed(digest, sorted(part.items()))
    elif isinstance(part, list | tuple):
        digest.update(f"list {len(part)}:".encode())
        for item in part:
            _feed(digest, item)
    else:
        data = part if isinstance(part, bytes) else repr(part).encode()
        digest.update(f"{type(part).__name__} {len(data)}:".encode())
        digest.update(data)
