"""Operating system errors about files, translated into sentences: which disk or folder failed, and what to do."""

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import RematchError

_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
_FORBIDDEN = {errno.EROFS, errno.EACCES, errno.EPERM}
_IN_THE_WAY = {errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENOTEMPTY}
#: Libraries that report a system error as text only put its number at the end.
_IN_WORDS = re.compile(r"\(os error (\d+)\)")


class DiskError(RematchError):
    """An error while writing a file: the disk is full, the folder read-only, or the path already in use."""


def disk_error(error: OSError, path: Path) -> DiskError | None:
    """Return the DiskError for a failed write of `path`; None if `error` is not about space, permissions or names."""
    if is_full(error):
        return DiskError(
            f"{path} cannot be written: the disk of {_nearest(path.parent)} is full. Free some space there and try "
            f"again; existing files are unchanged."
        )
    if error.errno in _FORBIDDEN:
        folder = _nearest(path.parent)
        why = "is on a read-only disk" if error.errno == errno.EROFS else "is not writable for this user"
        return DiskError(f"{path} cannot be written: {folder} {why}. Change the permissions, or choose another folder.")
    if error.errno in _IN_THE_WAY and path.is_dir():
        return DiskError(f"{path} is a folder; expected the name of a file to write.")
    if error.errno in _IN_THE_WAY:
        return DiskError(f"{path} cannot be written: {_nearest(path.parent)} is a file; expected a folder.")
    if error.errno == errno.ENOENT and path.parent.is_dir():  # such as /proc, where only the system makes files
        return DiskError(f"{path} cannot be written: {path.parent} takes no new files. Choose another folder.")
    if error.errno == errno.ENOENT:
        return DiskError(f"{path} cannot be written: another process deleted its folder. Try again.")
    return None


def check_is_no_device(path: Path) -> None:
    """Raise DiskError if `path` is a folder, device or pipe, which a file must not replace."""
    if path.is_dir():
        raise DiskError(f"{path} is a folder; expected the name of a file to write.")
    if path.exists() and not path.is_file():
        raise DiskError(f"{path} is a device or pipe; expected the name of a file to write.")


def is_full(error: OSError) -> bool:
    """Return whether `error` means no space is left: a full disk, a quota, or a limit on the size of files."""
    return error.errno in _FULL


def os_error_sentence(error: OSError) -> str:
    """Return the message for an unexpected OSError."""
    if isinstance(error.filename, str):
        return f"cannot access {error.filename}: {error.strerror}. Fix the problem and try again."
    if is_full(error):  # `disk_errors_for` covers all files, so printing the output failed
        return "cannot write the output: the disk is full. Free some space and try again."
    return f"{type(error).__name__}: {error}"


def _nearest(folder: Path) -> Path:
    """Return the folder itself, or its nearest parent that exists."""
    return next((parent for parent in (folder, *folder.parents) if parent.exists()), folder)


@contextmanager
def disk_errors_for(path: Path) -> Iterator[None]:
    """Translate OSErrors about `path` raised in the block into DiskError; other errors propagate."""
    try:
        yield
    except OSError as error:
        about = Path(error.filename) if isinstance(error.filename, str) else path
        if not is_full(error) and about.parent != path.parent and about not in (path, *path.parents):
            raise
        explained = disk_error(error, path)
        if explained is None:
            raise
        raise explained from None


def as_os_error(error: Exception) -> Exception:
    """Return the OSError whose number appears in the message of `error`, or `error` unchanged."""
    number = _IN_WORDS.search(str(error))
    return OSError(int(number[1]), str(error)) if number else error
