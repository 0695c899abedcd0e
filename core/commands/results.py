"""Verbs that read what runs left: `report` and `runs`."""

from dataclasses import asdict
from typing import Annotated

import typer
from tabulate import tabulate

from core.analysis.published import PAPERS
from core.commands.options import (
    CacheOption,
    DomainOption,
    JsonOption,
    RunOption,
    SplitOption,
    WorkspaceOption,
    answer,
    choice,
    places_of,
    plain,
)
from core.data.splitting import SPLITS
from core.report.comparison import compare_readings, render_comparison
from core.report.language import language_mark, text_read
from core.report.tables import TABLE_FORMATS, paper_table, render
from core.workspace.places import Places
from core.workspace.runs import Run, find_run, load_runs


def report(
    domain: DomainOption,
    run: RunOption = None,
    split: SplitOption = "val",
    compare: Annotated[
        bool, typer.Option("--compare", help="The newest runs that read the English version and the original, beside.")
    ] = False,
    paper: Annotated[str | None, typer.Option(help="Published rows beside: portals, twitter or rss.")] = None,
    style: Annotated[str, typer.Option("--format", help="text, markdown or csv.")] = "text",
    workspace: WorkspaceOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the paper's table for a run: zero-shot, fine-tuning, WiSE-FT; and table 4."""
    places = places_of(workspace, cache)
    if compare:
        _answer_compared(as_json, places, domain, choice("--split", split, SPLITS))
        return
    loaded, found = places.load_domain(domain), find_run(places, domain, run)
    published = choice("--paper", paper, PAPERS) if paper else None
    table = paper_table(found, loaded, choice("--split", split, SPLITS), published)
    selected = found.selected()
    record = {
        "domain": domain,
        "synthetic": loaded.info.synthetic,
        "run": found.info.name,
        "text": text_read(found, loaded),
        "reads_the_language": found.info.reads_the_language,
        "split": split,
        "rows": plain(table.rows),
        "selected": asdict(selected),
        "table_4": asdict(table.table_4),
        "published": asdict(table.published) if table.published else None,
        "notes": table.notes,
    }
    answer(as_json, record, render(table, choice("--format", style, TABLE_FORMATS)))


def _answer_compared(as_json: bool, places: Places, slug: str, split: str) -> None:
    comparison = compare_readings(load_runs(places, slug), places.load_domain(slug), split)
    record = {"domain": slug, "split": split, "rows": plain(comparison.rows), "notes": comparison.notes}
    answer(as_json, record, render_comparison(comparison))


def runs(
    domain: Annotated[str | None, typer.Option("--domain", help="Only this domain's runs.")] = None,
    workspace: WorkspaceOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """List domains and their runs, newest last."""
    places = places_of(workspace, cache)
    slugs = [places.load_domain(domain).info.slug] if domain else places.domain_slugs()
    listed = [line for slug in slugs for line in _lines(places, slug)]
    empty = "no domains yet; make one with: python -m core import SOURCE --domain SLUG, or python -m core demo"
    answer(as_json, {"runs": listed}, tabulate(listed, headers="keys") if listed else empty)


def _lines(places: Places, slug: str) -> list[dict]:
    """A line per run; a domain without runs has one that says so."""
    domain = {"domain": slug, "articles": len(places.load_domain(slug).articles)}
    lines = [domain | _columns(run) for run in load_runs(places, slug)]
    return lines or [domain | {"run": "none yet"}]


def _columns(run: Run) -> dict:
    return {
        "run": run.info.name + language_mark(run),
        "encoder": run.info.encoder,
        "tune": run.info.settings.tune,
        "alpha": run.selected().alpha if run.is_swept else None,
        "created": run.info.created_at[:16],
    }
