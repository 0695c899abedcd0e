"""The command `export-data`: write a domain in a format that other tools open."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from core.cli.options import CacheOption, JsonOption, WorkspaceOption, answer, be_quiet, workspace_of
from core.data.exporters import ExportFormat, ExportResult, export_domain
from core.data.time_split import SPLITS
from core.errors import counted
from core.workspace.article_columns import article_columns
from core.workspace.runs import find_run

#: Format → the line that opens the result in another tool.
_HOW_TO_OPEN: dict[ExportFormat, str] = {
    "parquet": 'open it with: datasets.load_dataset("{out}")',
    "webdataset": 'open it with: webdataset.WebDataset(glob.glob("{out}/train-*.tar"), shardshuffle=False)',
    "coco": 'open it with: pycocotools.coco.COCO("{out}/annotations/captions_train.json")',
    "csv": 'open it with: pandas.read_csv("{out}/articles.csv")',
}


def export_data(
    domain: Annotated[str, typer.Argument(metavar="SLUG", help="Export the domain with this slug.")],
    layout: Annotated[
        ExportFormat,
        typer.Option(
            "--format",
            help="Write Parquet (for Hugging Face datasets), WebDataset shards, COCO captions, or a CSV file.",
        ),
    ],
    out: Annotated[Path, typer.Option("--output", metavar="FOLDER", help="Write into this new folder.")],
    run: Annotated[
        str | None,
        typer.Option(
            "--run",
            metavar="NAME",
            help="Add each article's ranks in this run: zero-shot, fine-tuned and at the alpha that the sweep chose.",
        ),
    ] = None,
    split: Annotated[
        list[str] | None,
        typer.Option(
            "--split",
            metavar="SPLIT",
            help="Export this split: train, val or test. Repeat it for several splits. Default: all splits.",
        ),
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace an earlier export in the same folder.")] = False,
    root: WorkspaceOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Export a domain for other tools. Writes articles, images, splits and tags, which `rematch import` can read."""
    be_quiet(as_json)
    if unknown := sorted(set(split or ()) - set(SPLITS)):  # typer cannot restrict the values of a list
        raise typer.BadParameter(f"--split {unknown[0]}: expected one of {', '.join(SPLITS)}.")
    splits = [name for name in SPLITS if split is None or name in split]
    workspace = workspace_of(root, cache)
    loaded = workspace.load_domain(domain)
    added = article_columns(workspace, loaded, find_run(workspace, domain, run) if run is not None else None)
    exported = export_domain(loaded, layout, out, added, splits, replace)
    record = asdict(exported.info) | {"out": str(exported.folder), "images": exported.images, "notes": exported.notes}
    answer(as_json, record, "\n".join(_lines(exported, layout)))


def _lines(exported: ExportResult, layout: ExportFormat) -> list[str]:
    info = exported.info
    counts = ", ".join(f"{split} {count:,}" for split, count in info.splits.items())
    lines = [*exported.notes]
    if info.apostrophes:
        lines.append(
            f"formulas: {counted(info.apostrophes, 'cell')} that a spreadsheet would run as a formula got a leading "
            f"apostrophe. Import removes it."
        )
    ranks = f", with the ranks of run '{info.run}' at alpha 0, 1 and {info.alpha:g}" if info.run is not None else ""
    synthetic = " (synthetic)" if info.synthetic else ""
    lines.append(
        f"{counted(sum(info.splits.values()), 'article')} ({counts}) and {counted(exported.images, 'image')} of "
        f"'{info.domain}'{synthetic}{ranks}: {exported.folder}"
    )
    return [*lines, _HOW_TO_OPEN[layout].format(out=exported.folder)]
