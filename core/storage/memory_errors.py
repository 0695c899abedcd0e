"""Out-of-memory errors while reading a file, as a sentence that names the file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import InputError

_IN_WORDS = "out of memory"


@contextmanager
def enough_memory_for(path: Path) -> Iterator[None]:
    """Turn any MemoryError in the block, including Arrow's and NumPy's, into an InputError."""
    try:
        yield
    except MemoryError:
        raise InputError(
            f"{path} needs more memory than is free. Close other programs, import it in parts, or use a machine with "
            "more memory."
        ) from None


def is_out_of_memory(error: Exception) -> bool:
    """Return True for a MemoryError, and for errors of C parsers that report it only in their message."""
    return isinstance(error, MemoryError) or _IN_WORDS in str(error).lower()
