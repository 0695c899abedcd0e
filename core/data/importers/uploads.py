"""Files uploaded to the app, each stored in a separate folder until the job that imports it has ended.

The job deletes them, not the page, since the user may close a page at any time.
"""

import re
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PureWindowsPath
from typing import BinaryIO

from filelock import FileLock

from core.storage.disk_errors import disk_errors_for
from core.storage.files import atomic_write
from core.storage.locks import is_held

FOLDER = "uploads"  # in the workspace
#: An older upload belongs to an import that was killed.
ABANDONED_AFTER = 24 * 3600.0  # seconds
_READING = ".reading.lock"  # in the folder of an upload while its import reads it; no safe name begins with a dot
_LONGEST_NAME = 80  # characters


def keep_upload(workspace: Path, name: str, content: BinaryIO) -> Path:
    """Write an upload called `name`, which is not trusted, and return its path. Raises DiskError."""
    folder = workspace / FOLDER
    with disk_errors_for(folder / name):
        folder.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(folder)
        path = Path(tempfile.mkdtemp(prefix="upload-", dir=folder)) / _safe_name(name)
    with atomic_write(path) as temporary, temporary.open("wb") as file:
        shutil.copyfileobj(content, file)
    return path


@contextmanager
def remove_uploads_after(sources: Iterable[Path | None], workspace: Path) -> Iterator[None]:
    """Delete, after the block, those of `sources` that `keep_upload` wrote; other files are never deleted."""
    with ExitStack() as stack:
        for source in sources:
            if source is not None and source.absolute().parent.parent == workspace / FOLDER and source.exists():
                stack.callback(discard_upload, source)
                stack.enter_context(FileLock(source.parent / _READING))
        yield


def discard_upload(upload: Path) -> None:
    """Delete a file that `keep_upload` wrote."""
    shutil.rmtree(upload.parent, ignore_errors=True)


def _safe_name(name: str) -> str:
    """Return the last part of a file name with its extension: letters (also umlauts), digits and a few signs."""
    path = PureWindowsPath(name)  # separates names at / and at \
    stem = re.sub(r"[^\w.-]+", "_", path.stem).strip(".") or "upload"
    return stem[:_LONGEST_NAME] + re.sub(r"[^\w.]", "", path.suffix)[:10]


def _remove_abandoned(folder: Path) -> None:
    for path in folder.glob("upload-*"):
        old = time.time() - path.stat().st_mtime > ABANDONED_AFTER
        if old and not is_held(path / _READING):  # the clock may have been changed
            shutil.rmtree(path, ignore_errors=True)
