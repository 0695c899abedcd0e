"""Locations on disk. `workspace/` holds user data; `cache/` holds derived files that can be deleted."""

import os
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from core.data.domain import Domain, load_domain
from core.data.staging import restore
from core.errors import InputError

_SLUG = re.compile(
    r"(?=.{1,100}$)[a-z0-9]+(?:[-_][a-z0-9]+)*"
)  # file systems allow 255 bytes; names of jobs add a prefix


def suggested_slug(name: str) -> str:
    """Return a slug made from the name of a file, `Größe 2.csv` → `grosse-2`; "" if no letter or digit is left."""
    stem = name.replace("ß", "ss").partition(".")[0]
    letters = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall("[a-z0-9]+", letters))[:100].rstrip("-")


@dataclass(frozen=True)
class Workspace:
    """The two folders of everything on disk.

    root: user data (domains, runs, tags). cache: derived files, safe to delete.
    """

    root: Path
    cache: Path

    def domain_folder(self, slug: str) -> Path:
        """Return the folder of one domain. Raises InputError if the slug could leave the workspace."""
        if not _SLUG.fullmatch(slug):
            raise InputError(
                f"'{slug[:100]}' cannot name a domain: use at most 100 lower-case letters, digits and single "
                "hyphens, as in 'my-news'."
            )
        return self.root / "domains" / slug

    def runs_folder(self, slug: str) -> Path:
        """Return the folder of all runs of one domain."""
        return self.root / "runs" / self.domain_folder(slug).name

    def domain_slugs(self) -> list[str]:
        """Return the slugs of all domains, sorted."""
        restore(self.root / "domains")
        return sorted(path.parent.name for path in self.root.glob("domains/*/domain.toml"))

    def load_domain(self, slug: str) -> Domain:
        """Read one domain. Raises InputError that lists the existing domains if there is no such one."""
        folder = self.domain_folder(slug)
        restore(folder.parent)
        if not (folder / "domain.toml").exists():
            existing = ", ".join(self.domain_slugs()) or "none yet"
            raise InputError(
                f"no domain '{slug}' in {self.root} (existing domains: {existing}). "
                f"Make one with: rematch import SOURCE --domain {slug}"
            )
        return load_domain(folder)


def default_workspace(root: Path | None = None, cache: Path | None = None) -> Workspace:
    """Return the workspace of `root` and `cache`.

    Without them, REMATCH_WORKSPACE and REMATCH_CACHE decide, else `workspace/` and `cache/` in the current folder.
    """
    return Workspace(
        (root or Path(os.environ.get("REMATCH_WORKSPACE") or "workspace")).absolute(),
        (cache or Path(os.environ.get("REMATCH_CACHE") or "cache")).absolute(),
    )
