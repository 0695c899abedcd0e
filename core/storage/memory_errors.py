"""Running out of memory while a file is read, as a sentence that names the file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import InputError

_IN_WORDS = "out of memory"


@contextmanager
def enough_memory_for(path: Path) -> Iterator[None]:
    """Raise InputError in place of any MemoryError in the block, Arrow's and NumPy's among them."""
    try:
        yield
    except MemoryError:
        raise InputError(
            f"{path} needs more memory to be read than is free here. Close other programs, import it in parts, or use "
            "a machine with more memory."
        ) from None


def is_out_of_memory(error: Exception) -> bool:
    """Return True for a MemoryError, and for the errors of parsers in C that tell it in words only."""
    return isinstance(error, MemoryError) or _IN_WORDS in str(error).lower()
