"""Reader for images with a text file each: ``a/7.jpg`` and ``a/7.txt``, as caption tools and img2dataset write them.

A JSON file of the same name adds further columns.
"""

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd

from core.data.images.decoding import SUFFIXES, may_be_image
from core.data.importers.source_table import ColumnNames, SourceTable, TableFile
from core.data.importers.tables.arrow_cells import Cell, cell_of
from core.data.importers.tables.delimited import MAX_CELL, check_rows
from core.data.importers.tables.encodings import decode
from core.data.importers.tables.table import listing_of, tables_in
from core.errors import InputError

_MAX_BYTES = 4 * MAX_CELL  # of UTF-8
_TEXTS = (".txt", ".caption")


def recognises(source: Path) -> bool:
    """Return True for a folder without tables in which an image and a text file have the same name."""
    if not source.is_dir() or any(path.suffix.lower() not in (".json",) for path in tables_in(source)):
        return False
    return any(_image_of(path) is not None for path in _texts_in(source))


def _texts_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in _TEXTS and path.is_file())


def _image_of(text: Path) -> Path | None:
    """Return the image with the name of a text; among several, the last extension in the alphabet."""
    candidates = (text.with_suffix(suffix) for suffix in sorted(SUFFIXES, reverse=True))
    return next((path for path in candidates if path.is_file() and may_be_image(path)), None)


def read(source: Path, columns: ColumnNames) -> SourceTable:
    """Read each text and its image as an article whose id is their common path. Raises InputError."""
    rows: list[dict[str, Cell]] = []
    for path in _texts_in(source):
        image = _image_of(path)
        if image is None:
            continue
        row: dict[str, Cell] = {"id": path.relative_to(source).with_suffix("").as_posix()}
        row |= {"text": _text(path), "image": image.relative_to(source).as_posix()}
        rows.append(row | {name: cell for name, cell in _metadata(path).items() if name not in row})
        check_rows(len(rows), source)
    names = list(dict.fromkeys(name for row in rows for name in row))
    frame = pd.DataFrame({name: pd.Series([row.get(name, "") for row in rows], dtype=object) for name in names})
    table = TableFile(source, "text files", frame.set_axis(range(1, len(frame) + 1), axis=0))
    known = ColumnNames(**({"id": "id", "text": "text", "image": "image"} | columns.given()))
    listing = listing_of("images with text files", [table], source, known, image_columns=("image",))
    return replace(listing, images=source, named=columns.given())


def _text(path: Path) -> str:
    if path.stat().st_size > _MAX_BYTES:
        raise InputError(f"{path} has more than {MAX_CELL:,} characters. Check that it is the text of one image.")
    return decode(path.read_bytes(), path)[0].strip()


def _metadata(text: Path) -> dict[str, Cell]:
    """Return the plain fields of the JSON file of a text; empty if it is missing or unreadable."""
    path = text.with_suffix(".json")
    try:
        values = json.loads(path.read_bytes()) if path.stat().st_size <= _MAX_BYTES else {}
    except (OSError, ValueError, RecursionError):
        return {}
    fields = values.items() if isinstance(values, dict) else ()
    return {name: cell_of(value) for name, value in fields if not isinstance(value, dict)}
