"""Rename and delete runs. Each is one atomic step on disk, so an interruption leaves no half run."""

import re
import shutil
from dataclasses import replace

from core.errors import InputError
from core.storage.disk_errors import disk_errors_for
from core.workspace.folders import Workspace
from core.workspace.runs import Run, find_run, save_run

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


def rename_run(workspace: Workspace, slug: str, old: str, new: str) -> Run:
    """Rename a run and its folder. Raises InputError if there is no such run, or as `check_new_name`."""
    run = find_run(workspace, slug, old)
    check_new_name(workspace, slug, new)
    folder = run.folder.with_name(new)
    with disk_errors_for(folder):
        run.folder.rename(folder)
    renamed = Run(replace(run.info, name=new), folder)
    save_run(renamed)  # for people who read the file: only the folder's name counts
    return renamed


def delete_run(workspace: Workspace, slug: str, name: str) -> None:
    """Delete a run with its weights and sweep. Raises InputError if there is no such run."""
    run = find_run(workspace, slug, name)
    with disk_errors_for(run.folder / "run.toml"):
        (run.folder / "run.toml").unlink()  # without it the folder is no run, even if the next step fails
        shutil.rmtree(run.folder)
