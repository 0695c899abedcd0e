"""The view "All domains": one metric over α for every domain, with one pointer over all panels."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from core.errors import InputError
from core.evaluation.alpha_selection import Criterion
from core.evaluation.metrics import table_metrics
from core.presentation.curve_lines import CurveLine, CurvePanel, curves_table
from core.presentation.language_notes import language_mark
from core.presentation.print_curves import DomainsFigure
from core.presentation.reranking import reranked_by
from core.workspace.folders import Workspace
from core.workspace.runs import Run
from pages.curves.component import curves_element
from pages.curves.downloads import input_downloads
from pages.curves.line_data import Named, panels_data
from pages.shared import session
from pages.shared.alpha_position import current_position
from pages.shared.cached_results import bands_of, line_of, load_domain, swept_runs
from pages.shared.text import plain

NAME = "all-domains"


def show_all_domains(workspace: Workspace, run: Run, metric: Criterion) -> None:
    """Show one metric of `run` and of the newest run of every other domain."""
    runs, notes = runs_of_all(workspace, run)
    lines: dict[str, CurveLine] = {}
    with st.container(key="curves_domains"):  # its height is reserved
        with st.spinner("Reading the sweeps and computing intervals…"):
            for domain, shown in runs.items():
                try:
                    lines[domain] = line_with(workspace, shown, [metric])
                except InputError as error:
                    notes.append(f"**{plain(domain)}** is not shown: {plain(str(error))}")
        if lines:
            _show_panels(run, runs, list(lines.values()), metric)
    if lines:
        input_downloads(
            DomainsFigure(panels_of(list(lines.values()), metric)),
            f"{NAME}-{metric.replace('@', '')}",
            "Curves as CSV",
            lambda: table_of_all(workspace, [runs[domain] for domain in lines]),
            "One row for each domain and swept α, with the 95 % intervals of all metrics. Takes a second per domain.",
        )
        st.caption(
            "Each panel is a domain with an axis of its own; val, with the 95 % interval at each α. Blue circle: "
            "zero-shot (α = 0). Green square: fine-tuned (α = 1). Diamond: α\\* of the domain. Upright line: the "
            "current α of all pages."
        )
    for note in notes:
        st.caption(note)


def runs_of_all(workspace: Workspace, run: Run) -> tuple[dict[str, Run], list[str]]:
    """Return by domain `run` and the newest run of every other, in the order of domains, and notes on those without."""
    runs: dict[str, Run] = {}
    notes = []
    for slug in workspace.domain_slugs():
        newest = run if slug == run.info.domain else next(iter(swept_runs(workspace, slug)), None)
        if newest is None:
            notes.append(f"**{plain(slug)}** has no sweep yet. Train or sweep it on the Train page.")
        else:
            runs[slug] = newest
    return runs, notes


def line_with(workspace: Workspace, run: Run, metrics: Sequence[str]) -> CurveLine:
    """Return the run's line on val with intervals of `metrics`. Raises InputError as `line_of`."""
    domain = load_domain(workspace, run.info.domain)
    bands = {metric: bands_of(run, domain, metric)["val"] for metric in metrics}
    return replace(line_of(run, domain, "val"), bands=bands)


def panels_of(lines: Sequence[CurveLine], metric: str) -> list[CurvePanel]:
    """Return a panel for each domain."""
    return [CurvePanel(line.domain, metric, [line]) for line in lines]


def table_of_all(workspace: Workspace, runs: Sequence[Run]) -> pd.DataFrame:
    """Return the curves of all metrics with their intervals."""
    return curves_table([line_with(workspace, run, table_metrics()) for run in runs])


@st.fragment
def _show_panels(run: Run, runs: Mapping[str, Run], lines: Sequence[CurveLine], metric: str) -> None:
    """Draw the panels at the current α of all pages, which the user can set there."""
    element = session.SessionValue[Mapping[str, Any]](f"curves {NAME} {run.info.domain} {run.info.name}", {})
    alpha = current_position(element.get().get("moved"), 1, run).alphas[0]
    rows = [Named(line, line.domain, _about(runs[line.domain]), is_subject=True) for line in lines]
    reference = next((place for place, line in enumerate(lines) if line.domain == run.info.domain), 0)
    curves_element(panels_data(rows, panels_of(lines, metric), alpha, reference), element.key)


def _about(run: Run) -> str:
    return f"{run.info.name}{language_mark(run)}{reranked_by(run.reranking())}, α* = {run.selected().alpha:g}"
