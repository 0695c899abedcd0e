"""Identity of a job: its kind and its domain, which give the name of its folder in the workspace."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core.errors import InputError
from core.workspace.folders import Workspace

Kind = Literal["demo", "import", "train", "analyse", "translate", "truth"]
_NAME = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")


@dataclass(frozen=True)
class Job:
    """A job; one of each kind and domain runs at a time. slug: of the domain; None for the demo."""

    kind: Kind
    slug: str | None = None

    def __str__(self) -> str:
        return self.kind if self.slug is None else f"{self.kind}-{self.slug}"

    def folder(self, workspace: Workspace) -> Path:
        """Return the folder of its files. Raises InputError for an invalid slug."""
        if not _NAME.fullmatch(str(self)):
            raise InputError(f"'{self}' cannot name a job: use lower-case letters, digits and single hyphens.")
        return workspace.root / "jobs" / str(self)


def jobs_of(workspace: Workspace, kind: Kind) -> list[Job]:
    """Return the jobs of a kind that have a folder, by slug."""
    folders = sorted((workspace.root / "jobs").glob(f"{kind}-*"))
    return [Job(kind, folder.name.removeprefix(f"{kind}-")) for folder in folders]


DEMO = Job("demo")
