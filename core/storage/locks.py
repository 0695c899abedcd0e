"""File locks. A job counts as running while its process holds the lock; PIDs and timestamps are not trusted.

The operating system releases a FileLock however its process ends.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


@contextmanager
def hold_lock(file: Path, patience: float = -1) -> Iterator[None]:
    """Hold the lock `file` in the block, then delete the file. Raises filelock's Timeout after `patience` seconds."""
    lock = FileLock(file)
    lock.acquire(timeout=patience)
    try:
        yield
    finally:
        with suppress(OSError):  # an open file cannot be removed everywhere
            file.unlink(missing_ok=True)  # a waiting process notices that it is gone, and creates another
        lock.release()


def is_held(file: Path) -> bool:
    """Return whether a process, this one included, holds the lock `file`; False if the file does not exist.

    On POSIX the check takes a shared lock on a file opened for reading: two simultaneous checks do not mistake each
    other for a holder, and the workspace may be read-only.
    """
    if fcntl is not None:
        try:
            with file.open("rb") as opened:
                fcntl.flock(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:  # the file does not exist
            return False
        return False
    try:
        with FileLock(file).acquire(blocking=False):
            return False
    except Timeout:
        return True
    except OSError:
        return False
