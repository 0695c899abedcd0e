"""Any CSV, TSV or Parquet table with at least an id, a text and an image column.

Columns are recognised by the names in use (below, best first) unless the user gives them.
"""

import csv
from pathlib import Path

import pandas as pd

from core.data.importers.listing import LISTING_COLUMNS, ColumnNames, Listing
from core.errors import InputError

#: Column names seen in the wild, lower case, best first.
KNOWN_NAMES: dict[str, tuple[str, ...]] = {
    "id": ("article_id", "articleid", "id", "article", "aid", "tweet_id"),
    "title": ("title", "article_title", "headline"),
    "text": ("text", "body", "article_text", "content", "tweet", "caption", "description"),
    "title_en": ("title_en", "titleen"),
    "text_en": ("text_en", "texten"),
    "image": ("image_file", "imgfile", "image", "image_path", "file_name", "filename", "image_id", "iid"),
    "language": ("language", "lang"),
    "date": ("published_at", "date", "published", "created_at", "timestamp"),
    "url": ("url", "article_url", "link"),
}
_CANONICAL = {"id": "article_id", "date": "published_at"}
#: File endings of tables, and what parts their cells.
SUFFIXES = {".csv": ",", ".tsv": "\t", ".parquet": ""}


def read(source: Path, columns: ColumnNames) -> Listing:
    """Read one table. Raises InputError: no such file, unknown format, column missing."""
    file = _find_file(source)
    frame = _read_parquet(file) if file.suffix.lower() == ".parquet" else _read_delimited(file)
    if not frame.columns.is_unique:
        twice = sorted(set(frame.columns[frame.columns.duplicated()]))
        raise InputError(f"{file} has two columns named {', '.join(twice)}; give each its own name.")
    roles = _find_columns(frame, columns, file)
    return Listing(f"table ({file.suffix[1:].upper()})", _canonical(frame, roles), file.parent, source)


def _find_file(source: Path) -> Path:
    if source.is_file() and source.suffix.lower() in SUFFIXES:
        return source
    looked_for = "a .csv, .tsv or .parquet file, or a folder with exactly one of them (or NewsImages' newsarticles.csv)"
    if source.is_dir():
        tables = sorted(path for path in source.iterdir() if path.suffix.lower() in SUFFIXES)
        if len(tables) == 1:
            return tables[0]
        found = ", ".join(path.name for path in tables) or "none"
        raise InputError(f"cannot tell what to import from {source}: looked for {looked_for}; found {found}.")
    state = "has another format" if source.exists() else "does not exist"
    raise InputError(f"cannot import {source}, it {state}: looked for {looked_for}.")


def _read_parquet(file: Path) -> pd.DataFrame:
    try:
        frame = pd.read_parquet(file)
    except (OSError, ValueError) as error:
        raise InputError(f"{file} is no readable Parquet file: {error}.") from None
    texts = frame.map(lambda cell: "" if cell is None or cell != cell else str(cell)).astype(object)
    return texts.set_axis(range(2, len(texts) + 2), axis=0)


def _read_delimited(file: Path) -> pd.DataFrame:
    """All cells as text, rows labelled by their line of the file.

    Ids keep their zeros, and 'NA' or 'null' stay the words they are in a headline.
    """
    try:
        # The header is read as a row: pandas would rename a column that comes twice, and take the first
        # column for row labels where the rows are longer than the header.
        cells = pd.read_csv(
            file,
            sep=SUFFIXES[file.suffix.lower()],
            header=None,
            dtype=str,
            keep_default_na=False,
            skip_blank_lines=False,
            encoding="utf-8-sig",
            quoting=csv.QUOTE_MINIMAL if file.suffix.lower() == ".csv" else csv.QUOTE_NONE,
        ).fillna("")
    except UnicodeDecodeError as error:
        raise InputError(f"{file} is not UTF-8 (byte {error.start}); save it as UTF-8.") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, csv.Error) as error:
        raise InputError(f"{file} cannot be read as a table: {str(error).strip()}.") from None
    line_ends = 1 + cells.map(lambda cell: cell.count("\n")).sum(axis=1)  # a quoted cell may span lines
    frame = cells.iloc[1:].set_axis(1 + line_ends.cumsum().iloc[:-1], axis=0)
    frame.columns = pd.Index(cells.iloc[0], name=None)
    return frame[(frame != "").any(axis=1)]


def _find_columns(frame: pd.DataFrame, columns: ColumnNames, file: Path) -> dict[str, str]:
    """Return role → column name."""
    there = ", ".join(map(str, frame.columns))
    roles = columns.given()
    for role, name in roles.items():
        if name not in frame.columns:
            raise InputError(f"{file} has no column '{name}' (given for the {role}); its columns are: {there}.")
    by_lower = {str(name).strip().lower(): str(name) for name in frame.columns}
    for role, names in KNOWN_NAMES.items():
        known = next((by_lower[name] for name in names if name in by_lower), None)
        if role not in roles and known is not None and known not in roles.values():
            roles[role] = known
    for role in ("id", "image"):
        if role not in roles:
            raise InputError(
                f"{file} has no column for the {role}: looked for {', '.join(KNOWN_NAMES[role])}; "
                f"its columns are: {there}. Name it with --{role}-column."
            )
    if not {"title", "text"} & roles.keys():
        looked_for = ", ".join(KNOWN_NAMES["title"] + KNOWN_NAMES["text"])
        raise InputError(
            f"{file} has no column with a text: looked for {looked_for}; "
            f"its columns are: {there}. Name it with --text-column or --title-column."
        )
    return roles


def _canonical(frame: pd.DataFrame, roles: dict[str, str]) -> pd.DataFrame:
    """Columns under our names first, missing ones empty; then the rest of the table as it came."""
    articles = pd.DataFrame({"line": frame.index.to_numpy()})
    for role in KNOWN_NAMES:
        name = _CANONICAL.get(role, role)
        articles[name] = frame[roles[role]].to_numpy() if role in roles else ""
    rest = [name for name in frame.columns if name not in roles.values() and name not in articles]
    return pd.concat([articles[list(LISTING_COLUMNS)], frame[rest].reset_index(drop=True)], axis=1)
