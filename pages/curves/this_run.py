"""The view "This run": six metrics over α of a run on all its splits, between the other runs of its domain."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from core.data.domain import Domain
from core.data.time_split import Split
from core.errors import InputError
from core.evaluation.alpha_selection import best_range
from core.evaluation.metrics import table_metrics
from core.presentation.curve_lines import CurveLine, metric_panels
from core.presentation.paper_tables import path_sentences, precision_sentences
from core.presentation.run_tables import differences
from core.workspace.folders import Workspace
from core.workspace.runs import Run
from pages.curves.component import curves_element
from pages.curves.line_data import Named, panels_data
from pages.shared import session
from pages.shared.alpha_position import current_position
from pages.shared.cached_results import bands_of, line_of, swept_runs
from pages.shared.text import plain

#: Other runs in the panels, the newest first: more cannot be distinguished.
MOST_OTHERS = 8


def lines_of(workspace: Workspace, run: Run, domain: Domain) -> tuple[list[CurveLine], list[str]]:
    """Return the lines of the run with their bands, then those of the other runs, and sentences on runs left out.

    Raises InputError if the sweep of `run` cannot be read.
    """
    runs = swept_runs(workspace, domain.info.slug)
    named = differences([run, *(other for other in runs if other.info.name != run.info.name)])
    others = [other for other in runs if other.info.name != run.info.name]
    bands = {metric: bands_of(run, domain, metric) for metric in table_metrics()}
    lines = []
    for line in _on_all_splits(run, domain):
        on_split = {metric: of_splits[line.split] for metric, of_splits in bands.items()}
        lines.append(replace(line, bands=on_split, difference=named[run.info.name]))
    notes = []
    for other in others[:MOST_OTHERS]:
        try:
            lines += [replace(line, difference=named[line.run]) for line in _on_all_splits(other, domain)]
        except InputError:
            notes.append(f"Run {plain(other.info.name)} is not shown, because its sweep is of other articles.")
    if len(others) > MOST_OTHERS:
        notes.append(f"Of {len(others)} other runs, the newest {MOST_OTHERS} are shown. Archive runs on Train.")
    return lines, notes


def _on_all_splits(run: Run, domain: Domain) -> list[CurveLine]:
    swept = set(run.curve()["split"])
    splits: tuple[Split, ...] = ("val", "test", "train")
    return [line_of(run, domain, split) for split in splits if split in swept and not domain.labelled(split).empty]


@st.fragment
def show_panels(run: Run, lines: list[CurveLine]) -> None:
    """Draw the panels at the current α of all pages, which the user can set there."""
    name = f"curves {run.info.domain} {run.info.name}"
    element = session.SessionValue[Mapping[str, Any]](name, {})
    alpha = current_position(element.get().get("moved"), 1, run).alphas[0]
    rows = [Named(line, line.run, line.difference, line.run == run.info.name) for line in lines]
    curves_element(panels_data(rows, metric_panels(lines, table_metrics()), alpha), name)


def show_notes(run: Run, lines: list[CurveLine], notes: list[str]) -> None:
    """Show what the marks mean, and which values are exact."""
    chosen = run.selected()
    splits = {line.split for line in lines}
    st.caption(
        f"Orange: {plain(run.info.name)}, with the 95 % interval at each α; grey: other runs of the domain. "
        f"Blue circle: zero-shot (α = 0). Green square: fine-tuned (α = 1). Diamond: α\\* = {chosen.alpha:g}, the "
        f"highest val {chosen.criterion}{best_range(chosen)}. Upright line: the current α of all pages."
        + (" Solid: val. Dotted: test." if "test" in splits else "")
        + (" Steps: exact between the swept α, too." if lines[0].steps else " Straight between the swept α.")
    )
    for sentence in [
        *notes,
        *path_sentences(run.sweep_info(), "the line"),
        *precision_sentences(run.sweep_info().precision),
    ]:
        st.caption(sentence)
