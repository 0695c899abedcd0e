"""Parquet tables from outside, read in pieces: a few kilobytes can claim a billion rows, or one long cell for each.

Texts are looked at in their dictionary, before they are spelt out row by row. What pandas wrote about its index is not
read: an index with a name is a column like any other.
"""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.data.importers.source_table import TableFile, check_columns
from core.data.importers.tables.arrow_cells import first_filled, frame_of, image_columns
from core.data.importers.tables.delimited import MAX_BYTES, MAX_CELL, check_rows, size_of
from core.errors import InputError, shortened

PARQUET = "Parquet"
_AT_ONCE = 4_096  # rows
_LOOKED_AT = 16  # rows read to find an image among bytes


def read_parquet(file: Path) -> TableFile:
    """All cells as text, empty where they are missing, rows labelled as if a header stood in line 1.

    Lists are tuples of texts, structs a column for each field (``caption.en``), bytes text where they are UTF-8. Of an
    image that stands in the table, its file name is read. Raises InputError: cannot be read, or larger than a table of
    articles is.
    """
    notes: list[str] = []
    try:
        with open_parquet(file) as opened:
            schema, images = opened.schema_arrow, images_in(opened)
            if not images:
                size_of(file)
                _check_size(opened.metadata, file)
        texts = [pa.types.is_string(kind) or pa.types.is_large_string(kind) for kind in schema.types]
        kept = [name for name, is_text in zip(schema.names, texts, strict=True) if is_text]
        with pq.ParquetFile(file, read_dictionary=kept) as opened:
            frame = frame_of(_checked(opened, _without(images, schema), file), schema.names, file, notes)
    except MemoryError:  # Arrow's is an ArrowException, too
        raise
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise InputError(f"{file} is no readable Parquet file: {shortened(str(error))}.") from None
    return TableFile(file, PARQUET, frame.set_axis(range(2, len(frame) + 2), axis=0), tuple(notes))


def open_parquet(file: Path) -> pq.ParquetFile:
    """Open a Parquet file whose columns and rows are within the limits. Raises InputError, ArrowException, OSError."""
    opened = pq.ParquetFile(file)
    check_columns(opened.schema_arrow.names, file)
    check_rows(opened.metadata.num_rows, file)
    return opened


def images_in(opened: pq.ParquetFile) -> list[str]:
    """The columns that hold images themselves."""
    return image_columns(
        opened.schema_arrow, lambda name: first_filled(opened.iter_batches(_LOOKED_AT, columns=[name]))
    )


def _check_size(claims: pq.FileMetaData, file: Path) -> None:
    """What the file says of itself; true or not, so much would be made room for."""
    groups = (claims.row_group(place) for place in range(claims.num_row_groups))
    size = sum(group.total_byte_size for group in groups)
    if size > MAX_BYTES:
        raise InputError(
            f"{file} unpacks to {size // 1024**2:,} MB, at most {MAX_BYTES // 1024**2} MB are read; import it in parts."
        )


def _without(images: list[str], schema: pa.Schema) -> list[str]:
    """The columns to read as text: of images only the field `path`, if they have one."""
    paths = [f"{column.name}.path" for column in schema if column.name in images and pa.types.is_struct(column.type)]
    return [name for name in schema.names if name not in images] + paths


def _checked(opened: pq.ParquetFile, columns: list[str], file: Path) -> Iterator[pa.RecordBatch]:
    """The file piece by piece, as long as no cell is longer than MAX_CELL and the sum not more than MAX_BYTES."""
    written = 0
    for piece in opened.iter_batches(_AT_ONCE, columns=columns):
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
