"""What is kept in the cache: sealed with a checksum, so that a damaged or foreign file is made again and never shown.

The seal is the last bytes of the file and covers its content and its name (the key it was made for), so that a file
that was cut short, zeroed, changed in a single bit or copied from another key is told apart from what was written.
Arrays can still be memory-mapped: numpy reads what the header says and no further.

A large file is read through once for each writing of it, whichever process asks: that it was whole is remembered, by
its signature, in `.verified` beside it. Damage that leaves the signature as it was is found by `matches_seal` alone.
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
_REMEMBERED = 2**22  # bytes from which it pays to remember that a file was whole; smaller ones are read in milliseconds
#: Folders of the cache whose files are all sealed; models of a hub and translations are kept by other libraries.
SEALED_FOLDERS = (
    "activations", "classes", "findings", "fisher", "galleries", "inputs", "paths", "picture-hashes", "thumbnails",
    "transfer",
)  # fmt: skip

_log = logging.getLogger("rematch")


@contextmanager
def checksummed_write(path: Path) -> Iterator[Path]:
    """As `atomic_write`: yield a temporary path; what is written there is sealed and becomes `path`."""
    with atomic_write(path) as temporary:
        yield temporary
        digest = _digest(temporary, path.name, temporary.stat().st_size)
        with temporary.open("ab") as file:
            file.write(_MARK + digest.encode())


def write_checksummed(path: Path, data: bytes) -> None:
    """Keep `data`, all of it or nothing."""
    with checksummed_write(path) as temporary:
        temporary.write_bytes(data)


def read_checksummed(path: Path) -> bytes | None:
    """What `write_checksummed` kept; None if it is not there, or damaged, which is said in a warning."""
    try:
        return path.read_bytes()[:-_SEAL] if is_whole(path) else None
    except FileNotFoundError:  # the cache may be deleted at any time
        return None


def read_checksummed_array(path: Path, rows: int) -> np.ndarray | None:
    """The array [rows, …] that was saved within `checksummed_write`, memory-mapped; None as for `read_checksummed`."""
    if not is_whole(path):
        return None
    try:
        kept: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:  # as above
        return None
    return kept if len(kept) == rows else None


def is_whole(path: Path) -> bool:
    """Is the file there and what was written under this name? A large one is read through once for each writing."""
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
        _log.warning("%s is damaged or of another version; it is made again.", path)
    elif is_large:
        with suppress(OSError), memory.open("a", encoding="utf-8") as lines:  # where it cannot be, it is read again
            lines.write(f"{line}\n")
    return whole


def _lines_of(file: Path) -> list[str]:
    """Return the lines of a text; none if it cannot be read."""
    try:
        return file.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError):
        return []


def matches_seal(path: Path) -> bool:
    """Read the whole file and return whether it is what was written under this name."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - _SEAL))
        seal = file.read()
    return size > _SEAL and seal == _MARK + _digest(path, path.name, size - _SEAL).encode()


def sealed_files(cache: Path) -> list[Path]:
    """Return the sealed files below the folder `cache`, without locks and those that are being written."""
    below = (file for folder in SEALED_FOLDERS for file in (cache / folder).glob("*"))
    return sorted(file for file in below if file.is_file() and file.suffix != ".lock" and file.name[0] != ".")


def _digest(path: Path, name: str, size: int) -> str:
    """Of the name and the first `size` bytes."""
    digest = hashlib.blake2b(name.encode(), digest_size=_DIGEST // 2)
    with path.open("rb") as file:
        while size > 0 and (part := file.read(min(size, _AT_ONCE))):
            digest.update(part)
            size -= len(part)
    return digest.hexdigest()
