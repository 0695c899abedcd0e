"""The command `report`: tables of a run, and its whole report as HTML or Markdown."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from core.cli.evaluation.analyse import run_context
from core.cli.options import (
    CacheOption,
    DeviceOption,
    DomainOption,
    JsonOption,
    SplitOption,
    SweptRunOption,
    WorkspaceOption,
    answer,
    be_quiet,
    plain,
    workspace_of,
)
from core.data.time_split import Split
from core.evaluation.published import Paper
from core.presentation.language_comparison import compare_readings, render_comparison
from core.presentation.language_notes import text_read
from core.presentation.paper_tables import TableFormat, paper_table, render
from core.presentation.run_tables import over_seeds, seeds_text
from core.report.document import Document, document
from core.report.html import as_html
from core.report.markdown import as_markdown
from core.storage.files import write_bytes, write_text
from core.workspace.comparable_runs import sister_runs
from core.workspace.folders import Workspace
from core.workspace.runs import active_runs, find_run


def report(
    domain: DomainOption,
    run: SweptRunOption = None,
    split: SplitOption = "val",
    compare: Annotated[
        bool,
        typer.Option(
            "--compare",
            help="Compare the newest run that reads the English version with the newest that reads the original.",
        ),
    ] = False,
    paper: Annotated[Paper | None, typer.Option(help="Add the rows that the paper published for this domain.")] = None,
    style: Annotated[TableFormat, typer.Option("--format", help="Print the table in this format.")] = "text",
    html: Annotated[
        Path | None,
        typer.Option(
            "--html", metavar="FILE", help="Write the whole report, with the answers to all questions, as HTML."
        ),
    ] = None,
    markdown: Annotated[
        Path | None, typer.Option("--markdown", metavar="FILE", help="Write the whole report as Markdown.")
    ] = None,
    with_images: Annotated[
        bool,
        typer.Option(
            "--with-images", help="Embed the images of the articles whose rank changed most in the HTML file."
        ),
    ] = False,
    device: DeviceOption = "auto",
    root: WorkspaceOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the results of a run as tables. They compare zero-shot, fine-tuned and WiSE-FT, as in the paper."""
    workspace = workspace_of(root, cache)
    if html or markdown:
        be_quiet(as_json)
        context = run_context(workspace, domain, run, device)
        _answer_written(as_json, document(context, ask_all=True, with_images=with_images), html, markdown)
        return
    if compare:
        _answer_compared(as_json, workspace, domain, split)
        return
    loaded, found = workspace.load_domain(domain), find_run(workspace, domain, run, prefer_swept=True)
    table = paper_table(found, loaded, split, paper)
    selected = found.selected()
    sisters = sister_runs(found, active_runs(workspace, domain))
    seeds = over_seeds(sisters, split) if len(sisters) > 1 else None
    record = {
        "domain": domain,
        "synthetic": loaded.info.synthetic,
        "run": found.info.name,
        "text": text_read(found, loaded),
        "reads_the_language": found.info.reads_the_language,
        "split": split,
        "rows": plain(table.rows),
        "selected": asdict(selected),
        "seeds": plain(seeds) if seeds is not None else None,
        "table_4": {reading: asdict(counts) for reading, counts in table.table_4.items()},
        "published": asdict(table.published) if table.published else None,
        "notes": table.notes,
    }
    parts = [render(table, style)]
    if seeds is not None and style != "csv":  # a CSV file has only one table
        parts.append(seeds_text(seeds, [run.info.settings.seed for run in sisters], style))
    if style == "text":
        parts.append(f"to see if the differences are real, and which articles gain: rematch analyse --domain {domain}")
    answer(as_json, record, "\n\n".join(parts))


def _answer_written(as_json: bool, report: Document, html: Path | None, markdown: Path | None) -> None:
    if html:
        write_bytes(html, as_html(report))
    if markdown:
        write_text(markdown, as_markdown(report))
    written = [str(file) for file in (html, markdown) if file]
    lines = [f"{title} {text}" for title, text in report.answers] + [f"written: {', '.join(written)}"]
    answer(as_json, {"answers": dict(report.answers), "written": written}, "\n\n".join(lines))


def _answer_compared(as_json: bool, workspace: Workspace, slug: str, split: Split) -> None:
    comparison = compare_readings(active_runs(workspace, slug), workspace.load_domain(slug), split)
    record = {"domain": slug, "split": split, "rows": plain(comparison.rows), "notes": comparison.notes}
    answer(as_json, record, render_comparison(comparison))
