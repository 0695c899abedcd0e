"""Reading the formats articles come in. Each reader ends in a Listing; nothing else knows those formats."""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from core.data.domain import load_domain
from core.data.importers import newsimages2025, table
from core.data.importers.intake import Intake, take_in
from core.data.importers.listing import ColumnNames, Listing
from core.errors import InputError

__all__ = ["ColumnNames", "Intake", "import_domain", "read_source"]


def read_source(source: Path, columns: ColumnNames) -> Listing:
    """Read `source` with the first reader that knows it: NewsImages 2025, else any table.

    Raises InputError: nothing there, a format nobody knows, a column that is not found.
    """
    if columns == ColumnNames() and newsimages2025.recognises(source):
        return newsimages2025.read(source)
    return table.read(source, columns)


def import_domain(
    source: Path,
    folder: Path,
    *,
    columns: ColumnNames = ColumnNames(),
    title: str | None = None,
    language: str | None = None,
    images: Path | None = None,
    copy_images: bool = False,
    replace_existing: bool = False,
) -> Intake:
    """Import `source` as the domain `folder`; the old domain stays whole until the new one is.

    Raises InputError: the domain exists and is not to be replaced, or what `read_source` and `take_in` raise.
    """
    if (folder / "domain.toml").exists() and not replace_existing:
        raise InputError(f"domain '{folder.name}' exists already; add --replace to import it anew.")
    listing = read_source(source, columns)
    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    fresh, old = staging / folder.name, staging / "old"
    try:
        intake = take_in(listing, fresh, title or folder.name, language, images, copy_images)
        if folder.exists():
            folder.rename(old)
        fresh.rename(folder)
    finally:
        if old.exists() and not folder.exists():  # stopped between the two renames
            old.rename(folder)
        shutil.rmtree(staging, ignore_errors=True)
    return replace(intake, domain=load_domain(folder))
