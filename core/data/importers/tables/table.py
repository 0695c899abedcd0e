"""Reader for any CSV, TSV, Excel, JSON or Parquet table with at least a text and a name of the image.

Columns are recognised by known names (below, best first) unless the user gives them. Without a column of ids, rows are
numbered.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pandas as pd

from core.data.importers.images.fetched_names import MANIFEST
from core.data.importers.options import SourceOptions
from core.data.importers.source_table import LISTING_COLUMNS, ColumnNames, SourceTable, TableFile
from core.data.importers.tables import delimited
from core.data.importers.tables.csv_export import is_csv_export, restore_export
from core.data.importers.tables.delimited import first_cells, read_delimited, suffix_of
from core.data.importers.tables.json_tables import SUFFIXES as JSON_SUFFIXES
from core.data.importers.tables.json_tables import read_json
from core.data.importers.tables.parquet import read_parquet
from core.data.importers.tables.spreadsheets import SUFFIX as SPREADSHEET
from core.data.importers.tables.spreadsheets import read_xlsx
from core.data.importers.tables.whole_numbers import as_whole
from core.errors import InputError, listed

#: Known column names by role, in lower case, best first.
KNOWN_NAMES: dict[str, tuple[str, ...]] = {
    "id": ("article_id", "articleid", "id", "article", "aid", "tweet_id", "key"),
    "title": ("title", "article_title", "headline"),
    "text": (
        "text", "body", "article_text", "content", "tweet", "caption", "captions", "description", "comment", "sentence",
        "sentences",
    ),
    "title_en": ("title_en", "titleen"),
    "text_en": ("text_en", "texten"),
    "image": (
        "image_file", "imgfile", "image", "image_path", "file_name", "filename", "filepath", "file_path", "image_name",
        "img_path", "img_name",
    ),
    "image_id": ("image_id", "imageid", "iid"),
    "image_url": ("image_url", "imageurl", "img"),
    "language": ("language", "lang"),
    "date": ("published_at", "date", "published", "created_at", "timestamp"),
    "url": ("url", "article_url", "link"),
}  # fmt: skip
_CANONICAL = {"id": "article_id", "date": "published_at"}
#: Columns that name an image, most reliable first: a path, an id (the name of the file), a URL (its last part).
IMAGE_COLUMNS = ("image", "image_id", "image_url")
#: File extensions of tables; in a folder, the first kind that exists is read.
_KINDS = ((*delimited.SUFFIXES, ".parquet"), (SPREADSHEET,), JSON_SUFFIXES)
SUFFIXES = tuple(suffix for kind in _KINDS for suffix in kind)
#: The column of ids in img2dataset, which are also the names of the image files.
_KEY = "key"
_WORDS_OF_BODY = 20
#: Roles in which whole floats are converted to integers.
_NUMBERS = ("id", "image", "image_id", "date")

TEXT = ".txt"
#: The less common part of SUFFIXES, which an error names second.
_OTHERS = (TEXT, SPREADSHEET, *JSON_SUFFIXES)
_TEXT_ROLES = ("title", "text", "title_en", "text_en")

Need = Literal["id", "text", "image"]
PAIRS: tuple[Need, ...] = ("id", "text", "image")


def read(
    source: Path, columns: ColumnNames, needs: Sequence[Need] = PAIRS, options: SourceOptions = SourceOptions()
) -> SourceTable:
    """Read one table. needs: required columns, by default those of pairs.

    Raises InputError: missing file, unknown format, missing column.
    """
    file = find_file(source)
    name = f"table ({suffix_of(file)[1:].upper()})"
    listing = listing_of(name, [read_file(file, options.encoding)], source, columns, needs)
    return replace(listing, named=columns.given())


def read_file(file: Path, encoding: str | None = None) -> TableFile:
    """Read one table of any format. encoding: of text; None: detect it. Raises InputError."""
    suffix = suffix_of(file)
    if suffix == ".parquet":
        return read_parquet(file)
    if suffix == SPREADSHEET:
        return read_xlsx(file)
    if suffix in JSON_SUFFIXES:
        return read_json(file, encoding)
    if is_csv_export(file):
        return restore_export(read_delimited(file, encoding=encoding, well_quoted=True))
    return read_delimited(file, encoding=encoding)


def listing_of(
    name: str,
    files: Sequence[TableFile],
    source: Path,
    columns: ColumnNames = ColumnNames(),
    needs: Sequence[Need] = PAIRS,
    image_columns: tuple[str, ...] = IMAGE_COLUMNS,
) -> SourceTable:
    """Return the rows of one or more files, each with its own columns, as one SourceTable.

    Raises InputError if a column among `needs` is missing.
    """
    parts, roles, about_cells = [], dict[str, str](), list[str]()
    for file in files:
        found = _find_columns(file.frame, columns, file.path, needs)
        parts.append(_canonical(file, found, about_cells))
        roles |= {role: column for role, column in found.items() if role not in roles}
    articles = pd.concat(parts, ignore_index=True).fillna("")
    notes = [note for file in files for note in file.notes] + about_cells
    unnumbered = [file.path.name for file in files if "id" in needs and "id" not in roles and not file.frame.empty]
    if unnumbered:
        articles["article_id"] = [f"row-{number}" for number in range(1, len(articles) + 1)]
        notes.append(
            f"ids: {listed(unnumbered)} has no column of ids, so rows are numbered; name one with --id-column."
        )
    several = sum(_several_images(file.frame, roles) for file in files)
    folder = files[0].path.parent
    return SourceTable(
        name, articles, folder, source, image_columns, roles, tuple(files), tuple(notes), several_images=several
    )


def find_file(source: Path) -> Path:
    """Return the table `source`, or the only one in that folder. Raises InputError naming expected and found files."""
    if source.is_file() and is_table(source):
        return source
    expected = (
        f"a .csv, .tsv or .parquet file (or {', '.join(_OTHERS)}; text also packed as .gz), or a folder with exactly "
        f"one of them or a release of NewsImages"
    )
    if source.is_dir():
        tables = tables_in(source)
        if len(tables) == 1:
            return tables[0]
        found = listed(path.name for path in tables) or "none"
        raise InputError(f"cannot decide what to import from {source}: expected {expected}; found {found}.")
    state = "has another format" if source.exists() else "does not exist"
    raise InputError(f"cannot import {source}, it {state}: expected {expected}.")


def is_table(file: Path) -> bool:
    """Return True for a file with the extension of a table; a .txt file needs several cells in its first line.

    The manifest that `fetch-images` writes next to the images is none.
    """
    suffix = suffix_of(file)
    return file.name != MANIFEST and suffix in SUFFIXES and (suffix != TEXT or len(first_cells(file)) > 1)


def tables_in(folder: Path) -> list[Path]:
    """Return the tables directly in a folder, ordered by name; .txt files only if they have known column names."""
    return preferred(path for path in folder.iterdir() if path.is_file() and is_table(path) and _is_no_prose(path))


def preferred(tables: Iterable[Path]) -> list[Path]:
    """Return the tables of the first kind that exists, ordered by name: JSON next to CSV is about something else."""
    found = sorted(tables)
    of_kinds = ([path for path in found if suffix_of(path) in kind] for kind in _KINDS)
    return next((paths for paths in of_kinds if paths), [])


def _is_no_prose(file: Path) -> bool:
    if suffix_of(file) != TEXT:
        return True
    known = {name for names in KNOWN_NAMES.values() for name in names}
    return len(known & {cell.lower().removeprefix("#").strip() for cell in first_cells(file)}) > 1


def _find_columns(frame: pd.DataFrame, columns: ColumnNames, file: Path, needs: Sequence[Need]) -> dict[str, str]:
    """Return role → column name. Raises InputError if a given or needed column is missing."""
    available = listed(frame.columns)
    for role, name in columns.given().items():
        if name not in frame.columns:
            raise InputError(f"{file} has no column '{name}' (given for the {role}); its columns are: {available}.")
    roles = known_columns(frame, columns)
    if roles.keys().isdisjoint(IMAGE_COLUMNS) and roles.get("id", "").lower() == _KEY:
        roles["image"] = roles["id"]
    serve: dict[Need, tuple[str, ...]] = {"id": ("id",), "text": ("title", "text"), "image": IMAGE_COLUMNS}
    for need in needs:
        if need == "id" and needs == PAIRS and not frame.empty:
            continue  # rows are numbered
        if roles.keys().isdisjoint(serve[need]):
            looked_for = ", ".join(name for role in serve[need] for name in KNOWN_NAMES[role])
            options = "--text-column or --title-column" if need == "text" else f"--{need}-column"
            what = "with a text" if need == "text" else f"for the {need}"
            raise InputError(
                f"{file} has no column {what}: looked for {looked_for}; its columns are: {available}. "
                f"Name the right one with {options}."
            )
    return roles


def known_columns(frame: pd.DataFrame, columns: ColumnNames = ColumnNames()) -> dict[str, str]:
    """Return role → column name: as given in `columns`, else the first of KNOWN_NAMES that the table has."""
    roles = columns.given()
    by_lower = {str(name).strip().lower(): str(name) for name in frame.columns}
    for role, names in KNOWN_NAMES.items():
        candidates = (by_lower[name] for name in names if name in by_lower)
        known = next((name for name in candidates if role != "id" or not _is_body(frame[name])), None)
        if role not in roles and known is not None and known not in roles.values():
            roles[role] = known
    return roles


def _is_body(cells: pd.Series) -> bool:
    """Return True for long texts: a column called `article` may contain ids or bodies."""
    return bool(cells.map(lambda cell: len(str(cell).split()) > _WORDS_OF_BODY).any())


def _canonical(file: TableFile, roles: dict[str, str], notes: list[str]) -> pd.DataFrame:
    """Return LISTING_COLUMNS first, empty if missing; then the other columns of the table, with lists joined."""
    frame = file.frame
    articles = pd.DataFrame({"file": file.path.name, "line": frame.index.to_numpy()})
    for role in KNOWN_NAMES:
        name = _CANONICAL.get(role, role)
        cells = frame[roles[role]] if role in roles else pd.Series("", index=frame.index, dtype=object)
        if role not in _TEXT_ROLES:
            cells = cells.map(_first_of)
        if role in roles and role in _NUMBERS:
            cells = _whole(cells, roles[role], file.path, notes)
        articles[name] = cells.to_numpy()
    rest = [name for name in frame.columns if name not in roles.values()]
    names = {name: f"{name}_stated" for name in rest if name in articles}  # such as `file` and `line`
    others = frame[[name for name in rest if names.get(name) not in frame.columns]].rename(columns=names).map(_joined)
    return pd.concat([articles[list(LISTING_COLUMNS)], others.reset_index(drop=True)], axis=1)


def _several_images(frame: pd.DataFrame, roles: dict[str, str]) -> int:
    """Return the number of rows with a list of different images instead of one."""
    names = [roles[role] for role in IMAGE_COLUMNS if roles.get(role) in frame]
    lists = frame[names].map(lambda cell: isinstance(cell, tuple) and len(set(cell)) > 1)
    return int(lists.any(axis=1).sum())


def _whole(cells: pd.Series, column: str, file: Path, notes: list[str]) -> pd.Series:
    whole, digits_lost = as_whole(cells)
    if digits_lost:
        notes.append(
            f"numbers: column {column} of {file.name} has floats beyond 2^53, whose last digits may be lost; save it "
            f"as integers or text."
        )
    return whole


def _first_of(cell: str | tuple[str, ...]) -> str:
    return cell if isinstance(cell, str) else next(iter(cell), "")


def _joined(cell: str | tuple[str, ...]) -> str:
    return cell if isinstance(cell, str) else ", ".join(cell)
