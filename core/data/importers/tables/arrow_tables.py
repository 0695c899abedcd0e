"""Reader for Hugging Face tables: Parquet with images inside or in several shards, and `datasets.save_to_disk`.

Rows are read in small batches, so that only a few images are in memory; each image is written to a file.
"""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from core.data.importers.containers.split_folders import split_named
from core.data.importers.containers.webdataset import with_stored_images
from core.data.importers.images.image_store import MAX_IMAGE, ImageStore
from core.data.importers.source_table import ColumnNames, SourceTable, TableFile, check_columns
from core.data.importers.tables.arrow_cells import first_filled, frame_of, image_columns
from core.data.importers.tables.delimited import MAX_BYTES, MAX_CELL, check_rows
from core.data.importers.tables.parquet import images_in, open_parquet
from core.data.importers.tables.table import KNOWN_NAMES, listing_of
from core.errors import InputError, shortened
from core.progress import progress

_AT_ONCE = 64  # rows
_DEPTHS = ("", "*/", "*/*/")  # for ``data/train-….parquet`` and ``default/train/0000.parquet``
_ON_DISK = ("state.json", "dataset_dict.json")  # written by save_to_disk in addition to .arrow files


def recognises(source: Path) -> bool:
    """Return True for Parquet with images inside, a folder of Parquet shards, or a folder of save_to_disk."""
    if source.is_file():
        return source.suffix.lower() == ".parquet" and _holds_images(source)
    files = files_of(source)
    return bool(files) and (files[0].suffix == ".arrow" or len(files) > 1 or _holds_images(files[0]))


def files_of(source: Path) -> list[Path]:
    """Return the files of one table at `source`; none if the folder has other tables or the columns differ."""
    if source.is_file():
        return [source]
    if not source.is_dir():
        return []
    if any((source / name).is_file() for name in _ON_DISK):
        return sorted(path for path in source.rglob("*.arrow") if not path.name.startswith("cache-"))
    if any(path.suffix.lower() in (".csv", ".tsv") for path in source.iterdir()):
        return []
    files = sorted(path for depth in _DEPTHS for path in source.glob(f"{depth}*.parquet") if path.is_file())
    return files if len({tuple(_columns_of(file)) for file in files}) == 1 else []


def _columns_of(file: Path) -> list[str]:
    try:
        with open_parquet(file) as opened:
            return list(opened.schema_arrow.names)
    except MemoryError:
        raise
    except (pa.ArrowException, OSError, ValueError, InputError):
        return [str(file)]  # differs from all other files; reading it reports the problem


def _holds_images(file: Path) -> bool:
    try:
        with open_parquet(file) as opened:
            return bool(images_in(opened))
    except MemoryError:
        raise
    except (pa.ArrowException, OSError, ValueError, InputError):
        return False


def read(source: Path, columns: ColumnNames, store: ImageStore | None) -> SourceTable:
    """Read all files as one table. store: receives the images; None: they are not written, for a preview.

    A table without a column `split` gets it from the names of its files and folders. Raises InputError: damaged, or
    without an image or a text.
    """
    files = files_of(source)
    tables: list[TableFile] = []
    images: list[str] = []
    for file in progress(files, "Reading tables"):
        notes: list[str] = []
        try:
            names, images, pieces = _opened(file)
            frame = frame_of(_as_texts(pieces, images, file, source, store), names, file, notes)
        except MemoryError:  # Arrow's is also an ArrowException
            raise
        except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
            raise InputError(f"{file} cannot be read: {shortened(str(error)) or type(error).__name__}.") from None
        if "split" not in frame and (split := _split_of(file, source)):
            frame["split"] = split
        tables.append(TableFile(file, "Parquet", frame.set_axis(range(2, len(frame) + 2), axis=0), tuple(notes)))
        check_rows(sum(len(table.frame) for table in tables), source)
    named = columns if columns.image or not images else _with_image(columns, images)
    listing = listing_of("Hugging Face table", tables, source, named)
    if images:
        return with_stored_images(listing, source, store, columns)
    return with_stored_images(listing, source, None, columns)


def _with_image(columns: ColumnNames, images: list[str]) -> ColumnNames:
    """Return the columns with the one that contains images; among several, the one with the most common name."""
    usual = next((name for name in KNOWN_NAMES["image"] if name in images), images[0])
    return ColumnNames(**({"image": usual} | columns.given()))


def _split_of(file: Path, source: Path) -> str:
    """Return the split at the beginning of the file's name (``train-00000-of-00002.parquet``) or of its folders."""
    return split_named(file.relative_to(source).parts if source.is_dir() else (file.name,))


def _opened(file: Path) -> tuple[list[str], list[str], Iterator[pa.RecordBatch]]:
    """Return the names of all columns, the names of columns with images, and the rows."""
    if file.suffix.lower() == ".parquet":
        opened = open_parquet(file)
        return opened.schema_arrow.names, images_in(opened), opened.iter_batches(_AT_ONCE)
    reader = _arrow(file)
    check_columns(reader.schema.names, file)
    images = image_columns(reader.schema, lambda name: first_filled(piece.select([name]) for piece in _arrow(file)))
    return reader.schema.names, images, _slices(reader)


def _arrow(file: Path) -> pa.RecordBatchReader:
    """Open an Arrow file in the streaming format, which `datasets` writes."""
    return pa.ipc.open_stream(pa.memory_map(str(file)))


def _slices(reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    for piece in reader:
        piece.validate(full=True)
        for start in range(0, len(piece), _AT_ONCE):
            yield piece.slice(start, _AT_ONCE)


def _as_texts(
    pieces: Iterator[pa.RecordBatch], images: list[str], file: Path, source: Path, store: ImageStore | None
) -> Iterator[pa.RecordBatch]:
    """Yield the rows with names of image files instead of images. Raises InputError if the texts exceed the limits."""
    written, row = 0, 0
    stem = "-".join(file.relative_to(source).with_suffix("").parts) if source.is_dir() else file.stem
    for piece in pieces:
        columns = []
        for name, column in zip(piece.schema.names, piece.columns, strict=True):
            if name in images:
                column = pa.array(
                    [_stored(cell, f"{stem}-{row + index}", store) for index, cell in enumerate(column)], pa.string()
                )
            elif pa.types.is_string(column.type) and (pc.max(pc.binary_length(column)).as_py() or 0) > MAX_CELL:
                raise InputError(f"{file}: a cell of {shortened(name)} has more than {MAX_CELL:,} characters.")
            written += column.nbytes
            columns.append(column)
        if written > MAX_BYTES:
            raise InputError(f"the texts of {file} have more than {MAX_BYTES // 1024**2} MB; import it in parts.")
        row += len(piece)
        check_rows(row, file)
        yield pa.RecordBatch.from_arrays(columns, names=piece.schema.names)


def _stored(cell: pa.Scalar, name: str, store: ImageStore | None) -> str | None:
    """Write an image under its name in the table, else under the row's name, and return the file name."""
    if not cell.is_valid:
        return None
    value = cell if not isinstance(cell, pa.StructScalar) else cell["bytes"]
    path = str(cell["path"].as_py() or "") if isinstance(cell, pa.StructScalar) and "path" in cell else ""
    if not value.is_valid:  # the image is a separate file
        return path or None
    buffer = value.as_buffer()
    content = buffer.slice(0, min(buffer.size, MAX_IMAGE + 1)).to_pybytes()
    return store.add(path or name, content) if store else path or name
