"""Silence for C libraries that write to the terminal themselves."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_ERRORS = 2  # the file number that C's stderr has
_lock = Lock()


@contextmanager
def without_stderr() -> Iterator[None]:
    """Discard what is written to the process's stderr inside; by one thread at a time, so keep it short.

    libtiff prints each fault of a file there, whatever Python's warnings are set to.
    """
    with _lock:
        try:
            saved = os.dup(_ERRORS)
        except OSError:  # there is none
            saved = -1
        if saved < 0:
            yield
            return
        try:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, _ERRORS)
            os.close(nowhere)
            yield
        finally:
            os.dup2(saved, _ERRORS)
            os.close(saved)
