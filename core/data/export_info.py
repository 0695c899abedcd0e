"""The file that marks a folder as an export: which domain it is from, and that `--replace` may replace it."""

from dataclasses import asdict, dataclass
from pathlib import Path

from core.storage.files import read_record, write_toml

FORMAT = 1  # increase it when the content of the file changes
EXPORT_FILE = "_rematch-export.toml"  # readers of a Parquet folder skip names that begin with an underscore
CSV_TABLE = "articles.csv"


@dataclass(frozen=True)
class ExportInfo:
    """The content of ``_rematch-export.toml``.

    layout: parquet, webdataset, coco or csv. splits: split → number of articles. run, alpha: the run of the ranks, and
    their α besides 0 and 1; None without ranks. synthetic: True for the demo. apostrophes: number of CSV cells with an
    added apostrophe, since spreadsheets would read them as formulas; an import removes it again.
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
    """Write `info` into the folder of the export."""
    write_toml(folder / EXPORT_FILE, asdict(info), FORMAT)


def is_export(folder: Path) -> bool:
    """Return True for a folder that an export wrote."""
    return (folder / EXPORT_FILE).is_file()


def read_export_info(folder: Path) -> ExportInfo | None:
    """Return the export file of a folder; None if there is none. Raises InputError if it is damaged."""
    if not is_export(folder):
        return None
    return read_record(folder / EXPORT_FILE, ExportInfo, "export", FORMAT, "Export the data again.")
