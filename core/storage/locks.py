"""Whether a process holds a lock: that, not a process number that may be reused nor a time, says that it lives.

Locks are FileLocks, which the system gives back however their process ends.
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
    """Hold the lock `file` inside, and leave no file behind. Raises filelock's Timeout after `patience` seconds."""
    lock = FileLock(file)
    lock.acquire(timeout=patience)
    try:
        yield
    finally:
        with suppress(OSError):  # an open file cannot be removed everywhere
            file.unlink(missing_ok=True)  # who waits for it sees that it is gone, and makes another
        lock.release()


def is_held(file: Path) -> bool:
    """Does a process, this one included, hold the lock `file` now? False if it is not there.

    On POSIX a look is a shared lock on a file that is only read: two looks at once do not take each other for a
    holder, and a workspace may be read-only.
    """
    if fcntl is not None:
        try:
            with file.open("rb") as opened:
                fcntl.flock(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:  # there is none
            return False
        return False
    try:
        with FileLock(file).acquire(blocking=False):
            return False
    except Timeout:
        return True
    except OSError:
        return False
