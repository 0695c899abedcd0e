"""Any CSV, TSV or Parquet table with at least an id, a text and something that names the picture.

Columns are recognised by the names in use (below, best first) unless the user gives them.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pandas as pd

from core.data.importers import delimited
from core.data.importers.delimited import LATIN_1, read_delimited
from core.data.importers.listing import LISTING_COLUMNS, ColumnNames, Listing, TableFile
from core.data.importers.parquet import read_parquet
from core.errors import InputError, listed

#: Column names seen in the wild, lower case, best first.
KNOWN_NAMES: dict[str, tuple[str, ...]] = {
    "id": ("article_id", "articleid", "id", "article", "aid", "tweet_id"),
    "title": ("title", "article_title", "headline"),
    "text": ("text", "body", "article_text", "content", "tweet", "caption", "description"),
    "title_en": ("title_en", "titleen"),
    "text_en": ("text_en", "texten"),
    "image": ("image_file", "imgfile", "image", "image_path", "file_name", "filename"),
    "image_id": ("image_id", "imageid", "iid"),
    "image_url": ("image_url", "imageurl", "img"),
    "language": ("language", "lang"),
    "date": ("published_at", "date", "published", "created_at", "timestamp"),
    "url": ("url", "article_url", "link"),
}
_CANONICAL = {"id": "article_id", "date": "published_at"}
#: What names a picture, the surest first: a path, an id (the file is called by it), an address (its last part).
IMAGE_COLUMNS = ("image", "image_id", "image_url")
SUFFIXES = (*delimited.SUFFIXES, ".parquet")

Need = Literal["id", "text", "image"]
PAIRS: tuple[Need, ...] = ("id", "text", "image")


def read(source: Path, columns: ColumnNames, needs: Sequence[Need] = PAIRS) -> Listing:
    """Read one table, of pairs if `needs` says nothing else. Raises InputError: no such file, unknown format, column
    missing.
    """
    file = find_file(source)
    listing = listing_of(f"table ({file.suffix[1:].upper()})", [read_file(file)], source, columns, needs)
    return replace(listing, named=columns.given())


def read_file(file: Path) -> TableFile:
    """Read one CSV, TSV or Parquet file. Raises InputError."""
    return read_parquet(file) if file.suffix.lower() == ".parquet" else read_delimited(file)


def listing_of(
    name: str,
    files: Sequence[TableFile],
    source: Path,
    columns: ColumnNames = ColumnNames(),
    needs: Sequence[Need] = PAIRS,
    image_columns: tuple[str, ...] = IMAGE_COLUMNS,
) -> Listing:
    """The listing of one file or more, each with its own columns, one under the other.

    Raises InputError: a column is missing though it is among `needs`.
    """
    parts, roles = [], dict[str, str]()
    for file in files:
        own = _find_columns(file.frame, columns, file.path, needs)
        parts.append(_canonical(file, own))
        roles |= {role: column for role, column in own.items() if role not in roles}
    articles = pd.concat(parts, ignore_index=True).fillna("")
    notes = [
        f"encoding: {file.path.name} is not UTF-8, so it was read as {LATIN_1}."
        for file in files
        if file.encoding == LATIN_1
    ]
    return Listing(name, articles, files[0].path.parent, source, image_columns, roles, tuple(files), tuple(notes))


def find_file(source: Path) -> Path:
    """The table at `source`, or the only one in it. Raises InputError that says what was looked for and found."""
    if source.is_file() and source.suffix.lower() in SUFFIXES:
        return source
    looked_for = "a .csv, .tsv or .parquet file, or a folder with exactly one of them or a release of NewsImages"
    if source.is_dir():
        tables = tables_in(source)
        if len(tables) == 1:
            return tables[0]
        found = listed(path.name for path in tables) or "none"
        raise InputError(f"cannot tell what to import from {source}: looked for {looked_for}; found {found}.")
    state = "has another format" if source.exists() else "does not exist"
    raise InputError(f"cannot import {source}, it {state}: looked for {looked_for}.")


def tables_in(folder: Path) -> list[Path]:
    """The tables that lie in a folder itself, by name."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and path.is_file())


def _find_columns(frame: pd.DataFrame, columns: ColumnNames, file: Path, needs: Sequence[Need]) -> dict[str, str]:
    """Return role → column name."""
    there = listed(frame.columns)
    roles = columns.given()
    for role, name in roles.items():
        if name not in frame.columns:
            raise InputError(f"{file} has no column '{name}' (given for the {role}); its columns are: {there}.")
    by_lower = {str(name).strip().lower(): str(name) for name in frame.columns}
    for role, names in KNOWN_NAMES.items():
        known = next((by_lower[name] for name in names if name in by_lower), None)
        if role not in roles and known is not None and known not in roles.values():
            roles[role] = known
    serve: dict[Need, tuple[str, ...]] = {"id": ("id",), "text": ("title", "text"), "image": IMAGE_COLUMNS}
    for need in needs:
        if roles.keys().isdisjoint(serve[need]):
            looked_for = ", ".join(name for role in serve[need] for name in KNOWN_NAMES[role])
            options = "--text-column or --title-column" if need == "text" else f"--{need}-column"
            what = "with a text" if need == "text" else f"for the {need}"
            raise InputError(
                f"{file} has no column {what}: looked for {looked_for}; its columns are: {there}. "
                f"Name it with {options}."
            )
    return roles


def _canonical(file: TableFile, roles: dict[str, str]) -> pd.DataFrame:
    """Columns under our names first, missing ones empty; then the rest of the table as it came."""
    frame = file.frame
    articles = pd.DataFrame({"file": file.path.name, "line": frame.index.to_numpy()})
    for role in KNOWN_NAMES:
        name = _CANONICAL.get(role, role)
        articles[name] = frame[roles[role]].to_numpy() if role in roles else ""
    rest = [name for name in frame.columns if name not in roles.values()]
    names = {name: f"{name}_stated" for name in rest if name in articles}  # as `file` and `line`, which are ours
    others = frame[[name for name in rest if names.get(name) not in frame.columns]].rename(columns=names)
    return pd.concat([articles[list(LISTING_COLUMNS)], others.reset_index(drop=True)], axis=1)
