"""Reader for NewsImages 2019 to 2023: tab-separated ``article aid url img iid hashvalue title text imgFile``.

In 2022 the header begins with ``# `` and may end with ``Date``. A training set has several such files, one per month.
A test set is two lists: one file has the texts (``…articles.tsv``), another the images (``…images.tsv``); in 2022 both
have all columns, and the columns of the other list are empty. The content of a file shows which one it is.
"""

from dataclasses import replace
from pathlib import Path
from typing import Literal

import pandas as pd

from core.data.importers.source_table import SourceTable, TableFile
from core.data.importers.tables.delimited import SUFFIXES, first_cells, read_delimited, suffix_of
from core.data.importers.tables.table import PAIRS, Need, listing_of, tables_in
from core.errors import InputError

#: In a release, `iid` names the image, else `imgFile`.
IMAGE_COLUMNS = ("image_id", "image", "image_url")
Kind = Literal["pairs", "articles", "images"]
_NEEDS: dict[Kind, tuple[Need, ...]] = {"pairs": PAIRS, "articles": ("id", "text"), "images": ("image",)}
_IDS = {"article", "articleid"}


def recognises(source: Path) -> bool:
    """Return True for a file with this header, or a folder with at least one that contains pairs."""
    if source.is_dir():
        return bool(files_of(source, "pairs"))
    header = _header(source)
    return bool(_IDS & header) and {"title", "text"} <= header


def read(source: Path, encoding: str | None = None) -> SourceTable:
    """Read a file, or all files of a folder that contain pairs. Raises InputError: unreadable, or no pairs."""
    files = files_of(source, "pairs", encoding) if source.is_dir() else [read_delimited(source, encoding=encoding)]
    kind = kind_of(files[0])
    if kind != "pairs":
        raise InputError(
            f"{source} lists only {kind}, like one half of a test set; import a file of pairs, and add this file with "
            f"--test-{kind}."
        )
    later = any(first_cells(file.path)[0].startswith("#") or "Date" in file.frame for file in files)
    name = "NewsImages 2022/2023" if later else "NewsImages 2019/2021"
    listing = listing_of(name, files, source, image_columns=IMAGE_COLUMNS)
    unread = tuple(set(tables_in(source)) - {file.path for file in files}) if source.is_dir() else ()
    if unread or len(files) > 1:
        listing = replace(listing, notes=(*listing.notes, f"read: {', '.join(file.path.name for file in files)}."))
    return replace(listing, unread=unread)


def read_list(source: Path, kind: Kind, encoding: str | None = None) -> SourceTable | None:
    """Read the articles or images of a test set, from a file or the folder of both; None for another format."""
    files = files_of(source, kind, encoding)
    if not files:
        return None
    return listing_of(f"NewsImages list of {kind}", files, source, needs=_NEEDS[kind], image_columns=IMAGE_COLUMNS)


def files_of(source: Path, kind: Kind, encoding: str | None = None) -> list[TableFile]:
    """Return the tables of this format, in a folder or a file, that contain pairs, only articles, or only images."""
    paths = tables_in(source) if source.is_dir() else [source]
    tables = [read_delimited(path, encoding=encoding) for path in paths if _is_of_this_format(path)]
    return [table for table in tables if kind_of(table) == kind]


def kind_of(table: TableFile) -> Kind:
    """Return the kind of a file: pairs if any row has both a text and an image."""
    texts, images = _filled(table.frame, {"title", "text"}), _filled(table.frame, {"iid", "imgfile", "img"})
    if (texts & images).any():
        return "pairs"
    return "articles" if texts.any() else "images"


def _filled(frame: pd.DataFrame, names: set[str]) -> pd.Series:
    """Return which rows are not empty in one of the columns, bool [N]."""
    present = [name for name in frame.columns if name.lower() in names]
    return (frame[present] != "").any(axis=1)


def _header(file: Path) -> set[str]:
    return {cell.removeprefix("#").strip().lower() for cell in first_cells(file)}


def _is_of_this_format(file: Path) -> bool:
    if suffix_of(file) not in SUFFIXES:
        return False
    header = _header(file)
    return {"iid", "imgfile"} <= header or (bool(_IDS & header) and {"title", "text"} <= header)
