"""Conversion of Arrow tables (Parquet, `datasets` folders) to text cells, and detection of columns with images."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd
import pyarrow as pa

from core.data.images.formats import format_of
from core.data.importers.source_table import check_columns

Cell = str | tuple[str, ...]
#: Names of the caption in lists of records: COCO and Karpathy's splits first, then other common names.
_CAPTION_FIELDS = ("raw", "caption", "text", "sentence")
_BYTES = "bytes"


def image_columns(schema: pa.Schema, first: Callable[[str], bytes | None]) -> list[str]:
    """Return the columns that contain images: structs with a field `bytes`, and bytes that begin like an image.

    first: returns the first filled cell of a column of bytes.
    """
    return [
        column.name
        for column in schema
        if (pa.types.is_struct(column.type) and column.type.get_field_index(_BYTES) >= 0)
        or (_is_binary(column.type) and format_of(first(column.name) or b"") is not None)
    ]


def _is_binary(kind: pa.DataType) -> bool:
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind)


def first_filled(pieces: Iterable[pa.RecordBatch]) -> bytes | None:
    """Return the first cell that is not missing in batches with one column."""
    for piece in pieces:
        for cell in piece.column(0):
            if cell.is_valid:
                return bytes(cell.as_py())
    return None


def frame_of(pieces: Iterable[pa.RecordBatch], names: list[str], file: Path, notes: list[str]) -> pd.DataFrame:
    """Return all rows as text cells. names: of the columns, for a table without rows.

    A struct becomes one column per field. Columns of bytes that are not UTF-8 text are left out, with a note.
    """
    undecoded: set[str] = set()
    frames = [_cells(piece, undecoded) for piece in pieces]
    empty = pd.DataFrame(columns=pd.Index(names if not frames else frames[0].columns, dtype=object), dtype=object)
    frame = pd.concat([empty, *frames], ignore_index=True)
    check_columns(frame.columns, file)
    if undecoded:
        names = sorted(undecoded)
        notes.append(f"{file.name}: columns without text or images were not read: {', '.join(names)}.")
    return frame.drop(columns=[name for name in undecoded if name in frame])


def _cells(piece: pa.RecordBatch, undecoded: set[str]) -> pd.DataFrame:
    columns: dict[str, list[Cell]] = {}
    for name, column in zip(piece.schema.names, piece.columns, strict=True):
        for full_name, values in _fields(name, column):
            columns[full_name] = [_cell(value, full_name, undecoded) for value in values.to_pylist()]
    return pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in columns.items()})


def _fields(name: str, column: pa.Array) -> list[tuple[str, pa.Array]]:
    """Return the fields of a struct with their full names; for an image only its path, under the column's name."""
    if not pa.types.is_struct(column.type):
        return [(name, column)]
    fields = [field.name for field in column.type]
    if fields == ["path"]:
        return [(name, column.field(0))]
    flat = zip(fields, column.flatten(), strict=True)
    return [deeper for field, values in flat for deeper in _fields(f"{name}.{field}", values)]


def _cell(value: object, name: str, undecoded: set[str]) -> Cell:
    if isinstance(value, bytes):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            undecoded.add(name)
            return ""
    return cell_of(value)


def cell_of(value: object) -> Cell:
    """Return a value of JSON or Arrow as text, a list as a tuple of its non-empty texts."""
    if value is None or value != value:
        return ""
    if isinstance(value, list | tuple):
        return tuple(text for item in value if (text := _text(item)))
    return _text(value)


def _text(value: object) -> str:
    if value is None or value != value:
        return ""
    if isinstance(value, dict):
        caption = next((value[name] for name in _CAPTION_FIELDS if isinstance(value.get(name), str)), None)
        return caption if caption is not None else json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, list | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    return value.decode("utf-8", errors="replace") if isinstance(value, bytes) else str(value)
