"""Suppression of messages that C libraries print to the terminal."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_ERRORS = 2  # the file descriptor of stderr
_lock = Lock()


@contextmanager
def without_stderr() -> Iterator[None]:
    """Discard output to the process's stderr in the block; one thread at a time, so keep the block short.

    libtiff prints each error in a file there, whatever the settings of Python's warnings.
    """
    with _lock:
        try:
            saved = os.dup(_ERRORS)
        except OSError:  # the process has no stderr
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
