"""Reader for JSON and JSON Lines: plain records, pandas' columns, and layouts of caption and news collections."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from core.data.importers.source_table import TableFile, check_columns
from core.data.importers.tables.arrow_cells import Cell, cell_of
from core.data.importers.tables.delimited import MAX_CELL, bytes_of, check_rows
from core.data.importers.tables.encodings import decode, encoding_notes
from core.data.importers.tables.json_layouts import LAYOUTS
from core.errors import InputError, shortened

SUFFIXES = (".json", ".jsonl", ".ndjson")
#: Keys of the records in a document that is one object.
_RECORDS = ("data", "articles", "records", "items", "rows", "samples", "annotations", "images")
_DEPTH = 4  # of nested objects whose fields become columns

Record = dict[str, Any]


def read_json(file: Path, encoding: str | None = None) -> TableFile:
    """Read records as text cells; an object in a record becomes columns (``headline.main``), a list a tuple of texts.

    Rows are labelled by their number. Raises InputError: not JSON, or no records.
    """
    text, found_encoding = decode(bytes_of(file), file, encoding)
    try:
        document = _document(text)
        records, layout = _records(document)
        rows = [_flat(record) for record in records]
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file} is not readable as JSON: {shortened(str(error))}.") from None
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{file} has inconsistent records: one differs from the layout of the first ({shortened(repr(error))})."
        ) from None
    if not rows:
        raise InputError(
            f"{file} has no records: expected a list of objects, one object per line, or the layout of COCO captions, "
            f"Karpathy's splits or GoodNews."
        )
    check_rows(len(rows), file)
    names = list(dict.fromkeys(name for row in rows for name in row))
    check_columns(names, file)
    frame = pd.DataFrame({name: pd.Series([row.get(name, "") for row in rows], dtype=object) for name in names})
    frame = frame.set_axis(range(1, len(frame) + 1), axis=0)
    _check_lengths(frame, file)
    notes = [*encoding_notes(file, found_encoding), *([f"layout: {layout}."] if layout else [])]
    return TableFile(file, found_encoding, frame, tuple(notes))


def _document(text: str) -> Any:
    """Parse one JSON document, or a list of documents with one per line."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2 or error.msg != "Extra data":
            raise
        return [json.loads(line) for line in lines]


def _records(document: Any) -> tuple[list[Record], str]:
    """Return the records of a document and the name of its layout, "" for plain records."""
    for recognises, read, name in LAYOUTS:
        if recognises(document):
            return list(read(document)), name
    if isinstance(document, list):
        return [record for record in document if isinstance(record, dict)], ""
    if not isinstance(document, dict):
        return [], ""
    for key in _RECORDS:
        if isinstance(document.get(key), list) and all(isinstance(record, dict) for record in document[key]):
            return document[key], ""
    values = list(document.values())
    if values and all(isinstance(value, list) for value in values):  # one column per key
        return _from_columns({name: dict(enumerate(value)) for name, value in document.items()}), ""
    if values and all(isinstance(value, dict) for value in values):
        if len({tuple(value) for value in values}) == 1 and "0" in values[0]:  # a frame written by pandas
            return _from_columns(document), ""
        return [{"id": key} | value for key, value in document.items()], ""
    return [], ""


def _from_columns(columns: dict[str, dict[Any, Any]]) -> list[Record]:
    index = next(iter(columns.values()))
    return [{name: column.get(key) for name, column in columns.items()} for key in index]


def _flat(record: Record, prefix: str = "", depth: int = 1) -> dict[str, Cell]:
    cells: dict[str, Cell] = {}
    for name, value in record.items():
        if isinstance(value, dict) and depth < _DEPTH:
            cells |= _flat(value, f"{prefix}{name}.", depth + 1)
        else:
            cells[f"{prefix}{name}"] = cell_of(value)
    return cells


def _check_lengths(frame: pd.DataFrame, file: Path) -> None:
    longest = frame.map(lambda cell: max(map(len, cell), default=0) if isinstance(cell, tuple) else len(cell))
    by_row = longest.max(axis=1)
    if by_row.max() > MAX_CELL:
        raise InputError(
            f"{file}, record {by_row.idxmax()}: a text exceeds the limit of {MAX_CELL:,} characters; shorten it."
        )
