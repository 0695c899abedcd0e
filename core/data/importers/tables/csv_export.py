"""CSV that `export-data` wrote: formulas have an apostrophe in front there, which the import takes away again."""

from dataclasses import replace
from pathlib import Path

from core.data.export_info import CSV_TABLE, read_export_info
from core.data.importers.source_table import TableFile
from core.storage.safe_csv import is_formula, restored


def is_csv_export(file: Path) -> bool:
    """Return True for the table of an export. Raises InputError if the file that marks its folder is damaged."""
    info = read_export_info(file.parent) if file.name == CSV_TABLE else None
    return info is not None and info.layout == "csv"


def restored_export(table: TableFile) -> TableFile:
    """Return the table of an export with its texts as they were."""
    changed = int(table.frame.map(lambda cell: cell.startswith("'") and is_formula(cell)).to_numpy().sum())
    frame = table.frame.map(restored).rename(columns=lambda name: restored(str(name)))
    note = (
        f"{table.path.name}: {changed} cells have the apostrophe that an export puts before formulas; it was removed."
    )
    return replace(table, frame=frame, notes=(*table.notes, note) if changed else table.notes)
