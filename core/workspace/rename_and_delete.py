"""Rename, archive and delete runs. Each is one atomic step on disk, so an interruption leaves no half run."""

import shutil
from dataclasses import replace

from core.storage.disk_errors import disk_errors_for
from core.workspace.folders import Workspace
from core.workspace.run_names import check_new_name
from core.workspace.runs import ARCHIVED, Run, find_run, save_run


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


def archive_run(workspace: Workspace, slug: str, name: str) -> None:
    """Hide a run from lists and defaults; its files stay. Raises InputError if there is no such run."""
    file = find_run(workspace, slug, name).folder / ARCHIVED
    with disk_errors_for(file):
        file.touch()


def restore_run(workspace: Workspace, slug: str, name: str) -> None:
    """Undo `archive_run`. Raises InputError if there is no such run."""
    file = find_run(workspace, slug, name).folder / ARCHIVED
    with disk_errors_for(file):
        file.unlink(missing_ok=True)


def delete_run(workspace: Workspace, slug: str, name: str) -> None:
    """Delete a run with its weights and sweep. Raises InputError if there is no such run."""
    run = find_run(workspace, slug, name)
    with disk_errors_for(run.folder / "run.toml"):
        (run.folder / "run.toml").unlink()  # without it the folder is no run, even if the next step fails
        shutil.rmtree(run.folder)
