"""Files that the app was sent: each kept in a folder of its own until the job that imports it has ended.

The job removes them, not the page, since a page may be closed at any time.
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
#: An upload this old belongs to an import that was killed.
ABANDONED_AFTER = 24 * 3600.0  # seconds
_READING = ".reading.lock"  # beside an upload while its import reads it; no safe name begins with a dot
_LONGEST_NAME = 80  # characters


def keep_upload(workspace: Path, name: str, content: BinaryIO) -> Path:
    """Write what was uploaded as `name`, which is not trusted, and return where it lies. Raises DiskError."""
    folder = workspace / FOLDER
    with disk_errors_for(folder / name):
        folder.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(folder)
        path = Path(tempfile.mkdtemp(prefix="upload-", dir=folder)) / _safe_name(name)
    with atomic_write(path) as temporary, temporary.open("wb") as file:
        shutil.copyfileobj(content, file)
    return path


@contextmanager
def removed_if_uploaded(sources: Iterable[Path | None], workspace: Path) -> Iterator[None]:
    """Remove those of `sources` that `keep_upload` wrote afterwards, whatever happens; never anything else."""
    with ExitStack() as stack:
        for source in sources:
            if source is not None and source.absolute().parent.parent == workspace / FOLDER and source.exists():
                stack.callback(discard_upload, source)
                stack.enter_context(FileLock(source.parent / _READING))
        yield


def discard_upload(upload: Path) -> None:
    """Remove what `keep_upload` wrote."""
    shutil.rmtree(upload.parent, ignore_errors=True)


def _safe_name(name: str) -> str:
    """The last part of a file name, letters (umlauts too), digits and a few signs; the ending stays."""
    path = PureWindowsPath(name)  # parts names at / and at \
    stem = re.sub(r"[^\w.-]+", "_", path.stem).strip(".") or "upload"
    return stem[:_LONGEST_NAME] + re.sub(r"[^\w.]", "", path.suffix)[:10]


def _remove_abandoned(folder: Path) -> None:
    for path in folder.glob("upload-*"):
        old = time.time() - path.stat().st_mtime > ABANDONED_AFTER
        if old and not is_held(path / _READING):  # the clock may have been set
            shutil.rmtree(path, ignore_errors=True)
