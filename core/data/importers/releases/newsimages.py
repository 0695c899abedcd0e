"""NewsImages 2019 to 2023: tab-separated ``article aid url img iid hashvalue title text imgFile``, and its lists.

2022 begins the header with ``# `` and may end it with ``Date``. A training set has several such files, one a month.
A test set is two lists: one file has the texts (``…articles.tsv``), another the pictures (``…images.tsv``); in 2022
both have all columns, those of the other empty. Which a file is, its content says.
"""

from dataclasses import replace
from pathlib import Path
from typing import Literal

import pandas as pd

from core.data.importers.source_table import SourceTable, TableFile
from core.data.importers.tables.delimited import SUFFIXES, first_cells, read_delimited, suffix_of
from core.data.importers.tables.table import PAIRS, Need, listing_of, tables_in
from core.errors import InputError

#: In a release an image is called by its `iid`, else by `imgFile`.
IMAGE_COLUMNS = ("image_id", "image", "image_url")
Kind = Literal["pairs", "articles", "images"]
_NEEDS: dict[Kind, tuple[Need, ...]] = {"pairs": PAIRS, "articles": ("id", "text"), "images": ("image",)}
_IDS = {"article", "articleid"}


def recognises(source: Path) -> bool:
    """True for a file of this header, or a folder with at least one that holds pairs."""
    if source.is_dir():
        return bool(files_of(source, "pairs"))
    header = _header(source)
    return bool(_IDS & header) and {"title", "text"} <= header


def read(source: Path, encoding: str | None = None) -> SourceTable:
    """Read a file, or all files of a folder that hold pairs. Raises InputError: cannot be read, holds no pairs."""
    files = files_of(source, "pairs", encoding) if source.is_dir() else [read_delimited(source, encoding=encoding)]
    kind = kind_of(files[0])
    if kind != "pairs":
        raise InputError(
            f"{source} lists {kind} alone, as the half of a test set does; import a file of pairs, and give this one "
            f"with --test-{kind}."
        )
    later = any(first_cells(file.path)[0].startswith("#") or "Date" in file.frame for file in files)
    name = "NewsImages 2022/2023" if later else "NewsImages 2019/2021"
    listing = listing_of(name, files, source, image_columns=IMAGE_COLUMNS)
    unread = tuple(set(tables_in(source)) - {file.path for file in files}) if source.is_dir() else ()
    if unread or len(files) > 1:
        listing = replace(listing, notes=(*listing.notes, f"read: {', '.join(file.path.name for file in files)}."))
    return replace(listing, unread=unread)


def read_list(source: Path, kind: Kind, encoding: str | None = None) -> SourceTable | None:
    """The articles or images of a test set, from a file or the folder of both; None if it is of another format."""
    files = files_of(source, kind, encoding)
    if not files:
        return None
    return listing_of(f"NewsImages list of {kind}", files, source, needs=_NEEDS[kind], image_columns=IMAGE_COLUMNS)


def files_of(source: Path, kind: Kind, encoding: str | None = None) -> list[TableFile]:
    """The files of this format in a folder (or the file itself) that hold pairs, articles alone, or images alone."""
    paths = tables_in(source) if source.is_dir() else [source]
    tables = [read_delimited(path, encoding=encoding) for path in paths if _is_of_this_format(path)]
    return [table for table in tables if kind_of(table) == kind]


def kind_of(table: TableFile) -> Kind:
    """What a file holds: pairs if any row has both a text and an image."""
    texts, pictures = _filled(table.frame, {"title", "text"}), _filled(table.frame, {"iid", "imgfile", "img"})
    if (texts & pictures).any():
        return "pairs"
    return "articles" if texts.any() else "images"


def _filled(frame: pd.DataFrame, names: set[str]) -> pd.Series:
    """Which rows have something in one of the columns."""
    present = [name for name in frame.columns if name.lower() in names]
    return (frame[present] != "").any(axis=1)


def _header(file: Path) -> set[str]:
    return {cell.removeprefix("#").strip().lower() for cell in first_cells(file)}


def _is_of_this_format(file: Path) -> bool:
    if suffix_of(file) not in SUFFIXES:
        return False
    header = _header(file)
    return {"iid", "imgfile"} <= header or (bool(_IDS & header) and {"title", "text"} <= header)
