"""Reader for CSV from `export-data`: removes the apostrophe that the export adds before formulas."""

from dataclasses import replace
from pathlib import Path

from core.data.export_info import CSV_TABLE, read_export_info
from core.data.importers.source_table import TableFile
from core.storage.safe_csv import is_formula, restored


def is_csv_export(file: Path) -> bool:
    """Return True for the table of a CSV export. Raises InputError if the file that marks its folder is damaged."""
    info = read_export_info(file.parent) if file.name == CSV_TABLE else None
    return info is not None and info.layout == "csv"


def restore_export(table: TableFile) -> TableFile:
    """Return the table of an export with its original texts."""
    changed = int(table.frame.map(lambda cell: cell.startswith("'") and is_formula(cell)).to_numpy().sum())
    frame = table.frame.map(restored).rename(columns=lambda name: restored(str(name)))
    note = (
        f"{table.path.name}: removed the apostrophe that the export added before possible formulas in {changed} cells."
    )
    return replace(table, frame=frame, notes=(*table.notes, note) if changed else table.notes)
