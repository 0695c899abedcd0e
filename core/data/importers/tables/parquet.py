"""Reader for untrusted Parquet tables, in batches: a few kilobytes can claim a billion rows, or repeat one long cell.

Texts are checked in their dictionary, before they are expanded row by row. The metadata of pandas is ignored: a named
index is a column like any other.
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
_LOOKED_AT = 16  # rows per batch when looking for an image among bytes


def read_parquet(file: Path) -> TableFile:
    """Read all cells as text, "" if missing, rows labelled as if line 1 were a header.

    Lists become tuples of texts, structs one column per field (``caption.en``), bytes text if they are UTF-8. An image
    in the table is replaced by its file name. Raises InputError: unreadable, or over the limits of a table.
    """
    notes: list[str] = []
    try:
        with open_parquet(file) as opened:
            schema, images = opened.schema_arrow, images_in(opened)
            if not images:
                size_of(file)
                _check_size(opened.metadata, file)
        texts = [pa.types.is_string(kind) or pa.types.is_large_string(kind) for kind in schema.types]
        text_columns = [name for name, is_text in zip(schema.names, texts, strict=True) if is_text]
        with pq.ParquetFile(file, read_dictionary=text_columns) as opened:
            frame = frame_of(_checked(opened, _without(images, schema), file), schema.names, file, notes)
    except MemoryError:  # Arrow's is also an ArrowException
        raise
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise InputError(f"{file} is not a readable Parquet file: {shortened(str(error))}.") from None
    return TableFile(file, PARQUET, frame.set_axis(range(2, len(frame) + 2), axis=0), tuple(notes))


def open_parquet(file: Path) -> pq.ParquetFile:
    """Open a Parquet file and check its number of columns and rows. Raises InputError, ArrowException, OSError."""
    opened = pq.ParquetFile(file)
    check_columns(opened.schema_arrow.names, file)
    check_rows(opened.metadata.num_rows, file)
    return opened


def images_in(opened: pq.ParquetFile) -> list[str]:
    """Return the columns that contain images."""
    return image_columns(
        opened.schema_arrow, lambda name: first_filled(opened.iter_batches(_LOOKED_AT, columns=[name]))
    )


def _check_size(claims: pq.FileMetaData, file: Path) -> None:
    """Raise InputError if the size in the metadata exceeds MAX_BYTES; a reader would allocate it, true or not."""
    groups = (claims.row_group(number) for number in range(claims.num_row_groups))
    size = sum(group.total_byte_size for group in groups)
    if size > MAX_BYTES:
        raise InputError(
            f"{file} unpacks to {size // 1024**2:,} MB; the limit is {MAX_BYTES // 1024**2} MB. Import it in parts."
        )


def _without(images: list[str], schema: pa.Schema) -> list[str]:
    """Return the columns to read as text: for images only the field `path`, if they have it."""
    paths = [f"{column.name}.path" for column in schema if column.name in images and pa.types.is_struct(column.type)]
    return [name for name in schema.names if name not in images] + paths


def _checked(opened: pq.ParquetFile, columns: list[str], file: Path) -> Iterator[pa.RecordBatch]:
    """Yield the file in batches. Raises InputError for a cell longer than MAX_CELL or a sum over MAX_BYTES."""
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
