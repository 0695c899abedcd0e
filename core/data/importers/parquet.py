"""Parquet tables from outside, read in pieces: a few kilobytes can claim a billion rows, or one long cell for each.

Texts are looked at in their dictionary, before they are spelt out row by row. What pandas wrote about its index is not
read: an index with a name is a column like any other.
"""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.data.importers.delimited import MAX_BYTES, MAX_CELL, check_rows, size_of
from core.data.importers.listing import TableFile, check_columns
from core.errors import InputError, shortened

_AT_ONCE = 4_096  # rows


def read_parquet(file: Path) -> TableFile:
    """All cells as text, empty where they are missing, rows labelled as if a header stood in line 1.

    Raises InputError: cannot be read, or larger than a table of articles is.
    """
    size_of(file)
    try:
        with pq.ParquetFile(file) as opened:
            names = opened.schema_arrow.names
            check_columns(names, file)
            _check_claims(opened.metadata, file)
            texts = [pa.types.is_string(kind) or pa.types.is_large_string(kind) for kind in opened.schema_arrow.types]
            kept = [name for name, is_text in zip(names, texts, strict=True) if is_text]
        with pq.ParquetFile(file, read_dictionary=kept) as opened:
            pieces = [_cells(piece) for piece in _checked(opened, file)]
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise InputError(f"{file} is no readable Parquet file: {shortened(str(error))}.") from None
    frame = pd.concat([pd.DataFrame(columns=pd.Index(names, dtype=object), dtype=object), *pieces], ignore_index=True)
    return TableFile(file, "Parquet", frame.set_axis(range(2, len(frame) + 2), axis=0))


def _check_claims(claims: pq.FileMetaData, file: Path) -> None:
    """What the file says of itself; true or not, so much would be made room for."""
    groups = (claims.row_group(place) for place in range(claims.num_row_groups))
    size = sum(group.total_byte_size for group in groups)
    check_rows(claims.num_rows, file)
    if size > MAX_BYTES:
        raise InputError(
            f"{file} unpacks to {size // 1024**2:,} MB, at most {MAX_BYTES // 1024**2} MB are read; import it in parts."
        )


def _checked(opened: pq.ParquetFile, file: Path) -> Iterator[pa.RecordBatch]:
    """The file piece by piece, as long as no cell is longer than MAX_CELL and the sum not more than MAX_BYTES."""
    written = 0
    for piece in opened.iter_batches(_AT_ONCE):
        for name, column in zip(piece.schema.names, piece.columns, strict=True):
            if not pa.types.is_dictionary(column.type):
                written += column.nbytes
                continue
            lengths = pc.binary_length(column.dictionary)
            if (pc.max(lengths).as_py() or 0) > MAX_CELL:
                raise InputError(f"{file}: a cell of {shortened(name)} has more than {MAX_CELL:,} characters.")
            written += pc.sum(pc.take(pc.cast(lengths, pa.int64()), column.indices)).as_py() or 0
        if written > MAX_BYTES:
            raise InputError(f"{file} unpacks to more than {MAX_BYTES // 1024**2} MB; import it in parts.")
        yield piece


def _cells(piece: pa.RecordBatch) -> pd.DataFrame:
    columns = {
        name: [_text(cell) for cell in piece.column(place).to_pylist()] for place, name in enumerate(piece.schema.names)
    }
    return pd.DataFrame(columns, dtype=object)


def _text(cell: object) -> str:
    return "" if cell is None or cell != cell else str(cell)
