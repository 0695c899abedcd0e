"""Atomic replacement of a folder (of a domain or an export), by one process at a time.

A new folder is built next to the old one and replaces it by a rename. The lock belongs to the folder's name, so that
two imports, or an import and a translation, of one domain never mix. The next process restores or removes what a
killed process left.
"""

import glob
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from filelock import Timeout

from core.errors import InputError, RematchError
from core.storage.disk_errors import disk_errors_for
from core.storage.locks import hold_lock

PATIENCE = 10.0  # seconds to wait for the lock; writing a table takes less, an import may take hours
_OLD = "old"
_RANDOM = re.compile("[a-z0-9_]+")  # the random end of tempfile's names


@contextmanager
def lock_domain(folder: Path, what: str = "domain") -> Iterator[None]:
    """Lock `folder` against changes by other processes in the block. what: the kind of folder, for the error.

    Raises InputError if another process holds the lock, DiskError if the folder is not writable.
    """
    with ExitStack() as held:
        try:
            with disk_errors_for(folder):
                folder.parent.mkdir(parents=True, exist_ok=True)
                held.enter_context(hold_lock(folder.parent / f".{folder.name}.lock", PATIENCE))
        except Timeout:
            raise InputError(
                f"another process is changing {what} '{folder.name}', perhaps an import. Wait until it has finished, "
                f"then check whether this is still needed."
            ) from None
        yield


@contextmanager
def staged_folder(folder: Path) -> Iterator[Path]:
    """Yield a path for a new folder, which replaces `folder` when the block succeeds.

    On failure the old folder is unchanged. Call it within `lock_domain`.
    """
    _clear(folder)
    with disk_errors_for(folder):
        staging = Path(tempfile.mkdtemp(prefix=_prefix(folder.name), dir=folder.parent))
    fresh, old = staging / folder.name, staging / _OLD
    try:
        yield fresh
        if folder.exists():
            folder.rename(old)
        fresh.rename(folder)
    finally:
        if old.exists() and not folder.exists():  # interrupted between the two renames
            old.rename(folder)
        shutil.rmtree(staging, ignore_errors=True)


def restore(domains: Path) -> None:
    """Restore the domains in the folder `domains` whose import was killed between the two renames."""
    for old in domains.glob(f"{_prefix('*')}*/{_OLD}"):
        folder = domains / old.parent.name[1:].partition(".")[0]
        if not folder.exists():
            with suppress(RematchError), lock_domain(folder):  # without write access or the lock it stays missing
                _clear(folder)


def _clear(folder: Path) -> None:
    """Restore or remove what killed processes left. Call it within `lock_domain`."""
    prefix = _prefix(folder.name)
    for staging in folder.parent.glob(f"{glob.escape(prefix)}*"):
        if not _RANDOM.fullmatch(staging.name.removeprefix(prefix)):  # belongs to a longer name with dots
            continue
        if (staging / _OLD).exists() and not folder.exists():
            (staging / _OLD).rename(folder)
        shutil.rmtree(staging, ignore_errors=True)


def _prefix(slug: str) -> str:
    return f".{slug}.new-"
