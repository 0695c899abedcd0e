"""Names of runs: rules, reservation of a folder, and the name that a new run gets if the user gives none."""

import re
from pathlib import Path

from core.encoders.choices import short_name
from core.errors import InputError
from core.storage.disk_errors import disk_errors_for
from core.workspace.folders import Workspace

_NAME = re.compile(r"(?=.{1,100}$)[a-z0-9]+(?:-[a-z0-9]+)*")


def check_new_name(workspace: Workspace, slug: str, name: str) -> None:
    """Raise InputError if `name` cannot name a new run of the domain: it is malformed or taken."""
    if not _NAME.fullmatch(name):
        raise InputError(
            f"'{name[:100]}' cannot name a run: use at most 100 lower-case letters, digits and single hyphens, as in "
            f"'first-try'."
        )
    if (workspace.runs_folder(slug) / name).exists():
        raise InputError(f"domain '{slug}' already has a run '{name}'; choose another name, or delete that run first.")


def suggested_name(workspace: Workspace, slug: str, encoder: str, tune: str) -> str:
    """Return a free name for a run: encoder, tuned part and a number."""
    runs, stem = workspace.runs_folder(slug), _stem(encoder, tune)
    return next(name for number in range(1, 10**9) if not (runs / (name := f"{stem}-{number}")).exists())


def reserve_folder(workspace: Workspace, slug: str, encoder: str, tune: str) -> Path:
    """Create a new folder for a run, with a name as `suggested_name`. Safe with parallel trainings."""
    runs = workspace.runs_folder(slug)
    with disk_errors_for(runs / _stem(encoder, tune)):
        runs.mkdir(parents=True, exist_ok=True)
        while True:
            folder = runs / suggested_name(workspace, slug, encoder, tune)
            try:
                folder.mkdir()
                return folder
            except FileExistsError:
                continue


def _stem(encoder: str, tune: str) -> str:
    model = re.sub(r"[^a-z0-9]+", "-", short_name(encoder).lower()).strip("-")[:60]
    return f"{model}-{tune.replace(':', '')}"
