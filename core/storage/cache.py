"""Checksummed cache files. A corrupt or mismatched entry is rebuilt instead of being read.

The checksum (the "seal") is the last bytes of the file and covers its content and its name, which is the cache key. It
detects a file that was truncated, zeroed, changed in a single bit or copied from another key. Arrays can still be
memory-mapped, because numpy reads only as far as the header states.

A large file is verified once after each write, by whichever process reads it first. Its signature is then stored in
`.verified` in the same folder. Damage that leaves the signature unchanged is found only by `matches_seal`.
"""

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path

import numpy as np

from core.storage.files import FileSignature, atomic_write, file_signature

_MARK = b"\nrematch seal 1 "
_DIGEST = 32  # hex digits
_SEAL = len(_MARK) + _DIGEST
_AT_ONCE = 2**22
_REMEMBERED = 2**22  # bytes from which the result is stored in `.verified`; smaller files are read in milliseconds
#: Folders of the cache in which every file is sealed; other libraries store hub models and translations.
SEALED_FOLDERS = (
    "activations", "classes", "findings", "fisher", "galleries", "inputs", "paths", "picture-hashes", "thumbnails",
    "transfer",
)  # fmt: skip

_log = logging.getLogger("rematch")


@contextmanager
def checksummed_write(path: Path) -> Iterator[Path]:
    """Yield a temporary path that becomes `path` with a checksum at its end; otherwise like `atomic_write`."""
    with atomic_write(path) as temporary:
        yield temporary
        digest = _digest(temporary, path.name, temporary.stat().st_size)
        with temporary.open("ab") as file:
            file.write(_MARK + digest.encode())


def write_checksummed(path: Path, data: bytes) -> None:
    """Write `data` with a checksum, completely or not at all."""
    with checksummed_write(path) as temporary:
        temporary.write_bytes(data)


def read_checksummed(path: Path) -> bytes | None:
    """Return the data of `write_checksummed`; None if the file is missing or (with a warning in the log) damaged."""
    try:
        return path.read_bytes()[:-_SEAL] if is_whole(path) else None
    except FileNotFoundError:  # the cache may be deleted at any time
        return None


def read_checksummed_array(path: Path, rows: int) -> np.ndarray | None:
    """Return the array [rows, …] of `checksummed_write`, memory-mapped; None as for `read_checksummed`."""
    if not is_whole(path):
        return None
    try:
        array: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:  # as above
        return None
    return array if len(array) == rows else None


def is_whole(path: Path) -> bool:
    """Return whether the file exists and matches its checksum; a large file is read once after each write."""
    try:
        return _is_whole(path, file_signature(path))
    except OSError:
        return False


@lru_cache(maxsize=4096)
def _is_whole(path: Path, written: FileSignature) -> bool:
    memory, line = path.with_name(".verified"), " ".join(map(str, (*written, path.name)))
    is_large = written[1] >= _REMEMBERED
    if is_large and line in _lines_of(memory):
        return True
    whole = matches_seal(path)
    if not whole:
        _log.warning("%s is damaged or was written by another version; it is rebuilt.", path)
    elif is_large:
        with suppress(OSError), memory.open("a", encoding="utf-8") as lines:  # else the next process verifies it again
            lines.write(f"{line}\n")
    return whole


def _lines_of(file: Path) -> list[str]:
    """Return the lines of a text file; an empty list if it cannot be read."""
    try:
        return file.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError):
        return []


def matches_seal(path: Path) -> bool:
    """Read the whole file and return whether it matches its checksum."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - _SEAL))
        seal = file.read()
    return size > _SEAL and seal == _MARK + _digest(path, path.name, size - _SEAL).encode()


def sealed_files(cache: Path) -> list[Path]:
    """Return the sealed files below the folder `cache`, without locks and temporary files."""
    below = (file for folder in SEALED_FOLDERS for file in (cache / folder).glob("*"))
    return sorted(file for file in below if file.is_file() and file.suffix != ".lock" and file.name[0] != ".")


def _digest(path: Path, name: str, size: int) -> str:
    """Return the checksum of `name` and the first `size` bytes of the file."""
    digest = hashlib.blake2b(name.encode(), digest_size=_DIGEST // 2)
    with path.open("rb") as file:
        while size > 0 and (part := file.read(min(size, _AT_ONCE))):
            digest.update(part)
            size -= len(part)
    return digest.hexdigest()
