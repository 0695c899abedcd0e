"""Writing files so that a reader never sees half of one, and naming them by what they depend on."""

import hashlib
import os
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

from core.errors import InputError

#: A part of a fingerprint; arrays count with type and shape, so that [2, 3] and [3, 2] differ.
Part = str | bytes | int | float | bool | None | np.ndarray | list[Any] | tuple[Any, ...] | dict[str, Any]


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a unique temporary path beside `path`; on success it is renamed to `path`, on failure removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=f".tmp{path.suffix}", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)  # mkstemp makes files private; these are as public as any other of the user's
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes) -> None:
    """Write all of it or nothing."""
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text, all of it or nothing."""
    write_bytes(path, text.encode())


def write_toml(path: Path, table: dict[str, Any]) -> None:
    """Write a TOML file; keys whose value is None are left out, since TOML has no null."""
    write_text(path, tomli_w.dumps(_without_none(table)))


def _without_none(table: dict[str, Any]) -> dict[str, Any]:
    present = {key: value for key, value in table.items() if value is not None}
    return {key: _without_none(value) if isinstance(value, dict) else value for key, value in present.items()}


def read_toml(path: Path, what: str) -> dict[str, Any]:
    """Read a TOML file that Rematch wrote. Raises InputError naming `what` if it is missing or damaged."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"no {what}: {path} does not exist.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise InputError(f"the {what} file {path} cannot be read: {error}.") from None


def fingerprint(*parts: Part) -> str:
    """Return 20 hex digits that change when any part does (BLAKE2b)."""
    digest = hashlib.blake2b(digest_size=10)
    _feed(digest, parts)
    return digest.hexdigest()


def file_fingerprint(path: Path) -> str:
    """Return 20 hex digits of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=10)).hexdigest()


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
