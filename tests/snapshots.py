"""Workspaces that take long to create: created once per session and copied for each test."""

import shutil
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from pathlib import Path

from core.workspace.folders import Workspace


@dataclass
class Snapshots:
    """Workspaces by key, stored in `folder`."""

    folder: Path
    made: dict[Hashable, Workspace] = field(default_factory=dict)

    def restore(self, key: Hashable, workspace: Workspace, make: Callable[[Workspace], object]) -> None:
        """Copy into `workspace` the files that `make` writes into an empty one; `make` runs once for each key."""
        if key not in self.made:
            folder = self.folder / str(len(list(self.folder.iterdir())))
            fresh = Workspace(folder / "workspace", folder / "cache")
            for part in (fresh.root, fresh.cache):
                part.mkdir(parents=True)
            make(fresh)
            self.made[key] = fresh
        for source, target in ((self.made[key].root, workspace.root), (self.made[key].cache, workspace.cache)):
            shutil.copytree(source, target, dirs_exist_ok=True)
