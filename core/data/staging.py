"""A folder (of a domain, of exported data) changes whole, and by one process at a time.

A new one is made beside the old and takes its place by a rename. The lock is that of its name, so that two imports, or
an import and a translation, of one domain never mix; what a killed process left is put back or removed by the next.
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

PATIENCE = 10.0  # seconds to wait for who changes the domain now; writing a table takes less, an import may take hours
_OLD = "old"
_RANDOM = re.compile("[a-z0-9_]+")  # how the names of tempfile end


@contextmanager
def lock_domain(folder: Path, what: str = "domain") -> Iterator[None]:
    """Inside, no other process changes `folder`. Raises InputError if one does, DiskError if none may.

    what: the folder is, for the error.
    """
    with ExitStack() as held:
        try:
            with disk_errors_for(folder):
                folder.parent.mkdir(parents=True, exist_ok=True)
                held.enter_context(hold_lock(folder.parent / f".{folder.name}.lock", PATIENCE))
        except Timeout:
            raise InputError(
                f"{what} '{folder.name}' is being changed by another process, perhaps an import; wait for its end and "
                f"look whether there is still something to do."
            ) from None
        yield


@contextmanager
def staged_folder(folder: Path) -> Iterator[Path]:
    """Yield a folder that does not exist yet; once it is filled it takes the place of `folder`.

    On failure the old one is as it was. Call it within `lock_domain`.
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
        if old.exists() and not folder.exists():  # stopped between the two renames
            old.rename(folder)
        shutil.rmtree(staging, ignore_errors=True)


def restore(domains: Path) -> None:
    """Put back each domain of the folder `domains` whose import was killed between the two renames."""
    for old in domains.glob(f"{_prefix('*')}*/{_OLD}"):
        folder = domains / old.parent.name[1:].partition(".")[0]
        if not folder.exists():
            with suppress(RematchError), lock_domain(folder):  # who may not write, or comes too early, finds it missing
                _clear(folder)


def _clear(folder: Path) -> None:
    """Put back or remove what killed processes left; under the lock nobody else is at it."""
    prefix = _prefix(folder.name)
    for staging in folder.parent.glob(f"{glob.escape(prefix)}*"):
        if not _RANDOM.fullmatch(staging.name.removeprefix(prefix)):  # of a longer name with dots
            continue
        if (staging / _OLD).exists() and not folder.exists():
            (staging / _OLD).rename(folder)
        shutil.rmtree(staging, ignore_errors=True)


def _prefix(slug: str) -> str:
    return f".{slug}.new-"
