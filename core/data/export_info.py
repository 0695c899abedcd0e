"""The file that marks a folder as exported data: what it is of, and that `--replace` may replace it."""

from dataclasses import asdict, dataclass
from pathlib import Path

from core.storage.files import read_record, write_toml

FORMAT = 1  # counts up when what the file holds changes
EXPORT_FILE = "_rematch-export.toml"  # readers of a folder of Parquet skip names that begin so
CSV_TABLE = "articles.csv"


@dataclass(frozen=True)
class ExportInfo:
    """What ``_rematch-export.toml`` holds.

    layout: parquet, webdataset, coco or csv. splits: split → articles written. run, alpha: whose ranks, at which α
    besides 0 and 1; None without ranks. synthetic: True for the demo. apostrophes: cells of the CSV that got an
    apostrophe in front, since spreadsheets would take them for formulas; an import takes it away again.
    """

    domain: str
    title: str
    layout: str
    created_at: str
    splits: dict[str, int]
    synthetic: bool
    run: str | None = None
    alpha: float | None = None
    apostrophes: int = 0


def save_export_info(info: ExportInfo, folder: Path) -> None:
    """Write it into the folder of the export."""
    write_toml(folder / EXPORT_FILE, asdict(info), FORMAT)


def is_export(folder: Path) -> bool:
    """Return True for a folder that was written by an export."""
    return (folder / EXPORT_FILE).is_file()


def read_export_info(folder: Path) -> ExportInfo | None:
    """Return what the file of a folder holds, None if there is none. Raises InputError if it is damaged."""
    if not is_export(folder):
        return None
    return read_record(folder / EXPORT_FILE, ExportInfo, "export", FORMAT, "Export the data again.")
