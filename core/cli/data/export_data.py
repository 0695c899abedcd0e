"""The verb `export-data`: a domain in a format that other tools open."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from core.cli.options import CacheOption, JsonOption, WorkspaceOption, answer, be_quiet, workspace_of
from core.data.exporters import ExportFormat, ExportResult, export_domain
from core.data.time_split import SPLITS
from core.workspace.article_columns import article_columns
from core.workspace.runs import find_run

#: How a result is opened elsewhere.
_OPEN: dict[ExportFormat, str] = {
    "parquet": 'open it with: datasets.load_dataset("{out}")',
    "webdataset": 'open it with: webdataset.WebDataset(glob.glob("{out}/train-*.tar"), shardshuffle=False)',
    "coco": 'open it with: pycocotools.coco.COCO("{out}/annotations/captions_train.json")',
    "csv": 'open it with: pandas.read_csv("{out}/articles.csv")',
}


def export_data(
    domain: Annotated[str, typer.Argument(help="The domain, by its slug.")],
    layout: Annotated[ExportFormat, typer.Option("--format", help="Of the files; parquet is for Hugging Face.")],
    out: Annotated[Path, typer.Option("--output", help="The folder to write.")],
    run: Annotated[
        str | None, typer.Option("--run", help="Add the ranks of this run: zero-shot, fine-tuned and at its alpha.")
    ] = None,
    split: Annotated[
        list[str] | None, typer.Option("--split", help="train, val or test; may be repeated. All if not given.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace an earlier export in that folder.")] = False,
    root: WorkspaceOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a domain's articles, images, splits and tags for other tools; import reads the result back."""
    be_quiet(as_json)
    if unknown := sorted(set(split or ()) - set(SPLITS)):  # typer has no lists of choices
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
            f"formulas: {info.apostrophes:,} cells begin as one and got an apostrophe in front; import takes it away."
        )
    ranks = f", with the ranks of run '{info.run}' at alpha 0, 1 and {info.alpha:g}" if info.run is not None else ""
    synthetic = " (synthetic)" if info.synthetic else ""
    lines.append(
        f"{sum(info.splits.values()):,} articles ({counts}) and {exported.images:,} images of "
        f"'{info.domain}'{synthetic}{ranks}: {exported.folder}"
    )
    return [*lines, _OPEN[layout].format(out=exported.folder)]
