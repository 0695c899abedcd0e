"""What the system says when a file cannot be written, as a sentence: which disk or folder, and what to do."""

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import RematchError

_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
_FORBIDDEN = {errno.EROFS, errno.EACCES, errno.EPERM}
_IN_THE_WAY = {errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENOTEMPTY}
#: A library that tells the system's error in words only ends with its number.
_IN_WORDS = re.compile(r"\(os error (\d+)\)")


class DiskError(RematchError):
    """A file could not be written, since the disk is full, the folder read-only, or something is in its place."""


def disk_error(error: OSError, path: Path) -> DiskError | None:
    """What `error` says about writing `path`; None if it is not about room, rights, or what is in the way."""
    if is_full(error):
        return DiskError(
            f"{path} cannot be written: the disk of {_nearest(path.parent)} is full. Make room there and do the same "
            f"again; what was there before is as it was."
        )
    if error.errno in _FORBIDDEN:
        folder = _nearest(path.parent)
        why = "is on a disk that is read-only" if error.errno == errno.EROFS else "may not be written by this user"
        return DiskError(f"{path} cannot be written: {folder} {why}. Change that, or choose another folder.")
    if error.errno in _IN_THE_WAY and path.is_dir():
        return DiskError(f"{path} is a folder; expected the name of a file to write.")
    if error.errno in _IN_THE_WAY:
        return DiskError(f"{path} cannot be written: {_nearest(path.parent)} is a file; expected a folder.")
    if error.errno == errno.ENOENT and path.parent.is_dir():  # such as /proc, where only the system makes files
        return DiskError(f"{path} cannot be written: {path.parent} takes no new files. Choose another folder.")
    if error.errno == errno.ENOENT:
        return DiskError(f"{path} cannot be written: its folder was deleted meanwhile. Do the same again.")
    return None


def check_is_no_device(path: Path) -> None:
    """Raise DiskError if a folder, device or pipe is at `path`, which no file may replace."""
    if path.is_dir():
        raise DiskError(f"{path} is a folder; expected the name of a file to write.")
    if path.exists() and not path.is_file():
        raise DiskError(f"{path} is a device or pipe; expected the name of a file to write.")


def is_full(error: OSError) -> bool:
    """Whether `error` says that there is no room: a full disk, a quota, or a limit on the size of files."""
    return error.errno in _FULL


def os_error_sentence(error: OSError) -> str:
    """What to say of an error that nobody expected where it came up."""
    if isinstance(error.filename, str):
        return f"{error.filename} cannot be read or written: {error.strerror}. Mend that, and do the same again."
    if is_full(error):  # files are written by way of `disk_errors_for`, so it was what is printed
        return "what there is to say cannot be written: the disk it goes to is full. Make room there."
    return f"{type(error).__name__}: {error}"


def _nearest(folder: Path) -> Path:
    """The folder itself or the nearest above it that is there."""
    return next((one for one in (folder, *folder.parents) if one.exists()), folder)


@contextmanager
def disk_errors_for(path: Path) -> Iterator[None]:
    """Inside, what keeps `path` from being written becomes a DiskError; errors about other files stay what they are."""
    try:
        yield
    except OSError as error:
        about = Path(error.filename) if isinstance(error.filename, str) else path
        if not is_full(error) and about.parent != path.parent and about not in (path, *path.parents):
            raise
        said = disk_error(error, path)
        if said is None:
            raise
        raise said from None


def as_os_error(error: Exception) -> Exception:
    """`error` as the OSError it speaks of; itself if it speaks of none."""
    said = _IN_WORDS.search(str(error))
    return OSError(int(said[1]), str(error)) if said else error
