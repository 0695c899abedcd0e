"""Reader for COCO captions with one file per split: ``annotations/captions_train2017.json``, ``…_val2017.json``."""

import re
from dataclasses import replace
from pathlib import Path

from core.data.importers.source_table import ColumnNames, SourceTable, TableFile
from core.data.importers.tables.json_tables import read_json
from core.data.importers.tables.table import listing_of, tables_in

_FILES = "captions_*.json"
_SPLIT = re.compile(r"captions_(train|val|validation|test)", re.IGNORECASE)
_IMAGES = "images"


def files_of(source: Path) -> list[Path]:
    """Return the caption files in a folder or its subfolder ``annotations``; not detections or keypoints."""
    if not source.is_dir():
        return []
    return sorted((source / "annotations").glob(_FILES)) or sorted(source.glob(_FILES))


def recognises(source: Path) -> bool:
    """Return True for a folder with caption files and no other table."""
    files = files_of(source)
    return bool(files) and not set(tables_in(source)) - set(source.glob("*.json"))


def read(source: Path, columns: ColumnNames, encoding: str | None) -> SourceTable:
    """Read all files as one table, with the split from their names unless they have one. Raises InputError."""
    tables = [_with_split(read_json(file, encoding)) for file in files_of(source)]
    listing = listing_of("COCO captions", tables, source, columns)
    images = source / _IMAGES
    return replace(listing, images=images if images.is_dir() else source, named=columns.given())


def _with_split(table: TableFile) -> TableFile:
    split = _SPLIT.match(table.path.name)
    if split is None or "split" in table.frame:
        return table
    return replace(table, frame=table.frame.assign(split=split[1].lower()))
