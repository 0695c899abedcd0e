"""Export of a domain to formats of other tools; the importers can read all of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pandas as pd

from core.data.domain import Domain
from core.data.export_info import ExportInfo, is_export, save_export_info
from core.data.exporters import coco, csv_folder, hf_parquet, webdataset
from core.data.exporters.articles import Export, export_of
from core.data.staging import lock_domain, staged_folder
from core.data.time_split import SPLITS, Split
from core.errors import InputError
from core.storage.disk_errors import disk_errors_for

ExportFormat = Literal["parquet", "webdataset", "coco", "csv"]
#: Each writer fills a folder and returns how many cells it had to change, None for none.
_WRITERS: dict[ExportFormat, Callable[[Export, Path], int | None]] = {
    "parquet": hf_parquet.write,
    "webdataset": webdataset.write,
    "coco": coco.write,
    "csv": csv_folder.write,
}


@dataclass(frozen=True)
class AddedColumns:
    """Columns added to the domain's. columns: by article id. run, alpha: of the ranks among them, if any."""

    columns: pd.DataFrame
    run: str | None = None
    alpha: float | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ExportResult:
    """The result of an export. images: number of files; notes: sentences for the user."""

    info: ExportInfo
    folder: Path
    images: int
    notes: tuple[str, ...]


def export_domain(
    domain: Domain,
    layout: ExportFormat,
    out: Path,
    added: AddedColumns,
    splits: Sequence[Split] = SPLITS,
    replace_existing: bool = False,
) -> ExportResult:
    """Write the articles of `splits` with their images into the folder `out`, completely or not at all.

    Raises InputError: `out` is not empty, images are missing or changed, nothing to write; DiskError.
    """
    out = out.resolve()
    _check_target(out, replace_existing)
    export = export_of(domain, splits, added.columns)
    if any(image.file.resolve().is_relative_to(out) for image in export.images):
        raise InputError(f"{out} contains images of domain '{domain.info.slug}' itself; choose another folder.")
    with lock_domain(out, "export"), staged_folder(out) as fresh, disk_errors_for(out):
        fresh.mkdir()
        changed = _WRITERS[layout](export, fresh) or 0
        info = ExportInfo(
            domain=domain.info.slug,
            title=domain.info.title,
            layout=layout,
            created_at=datetime.now(UTC).isoformat(timespec="microseconds"),
            splits={split: len(rows) for split, rows in export.splits().items()},
            synthetic=domain.info.synthetic,
            run=added.run,
            alpha=added.alpha,
            apostrophes=changed,
        )
        save_export_info(info, fresh)
    return ExportResult(info, out, len({image.name for image in export.images}), (*export.notes, *added.notes))


def _check_target(out: Path, replace_existing: bool) -> None:
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file; expected the name of a folder to write.")
    if not out.exists() or not any(out.iterdir()):
        return
    if not is_export(out):
        raise InputError(
            f"{out} contains files that are not from an export, so nothing was written; choose a new or empty folder."
        )
    if not replace_existing:
        raise InputError(f"{out} already contains an export; add --replace to overwrite it.")
