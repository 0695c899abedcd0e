"""View of a search at all α: the slider with the first images at its α, and both ends."""

from collections.abc import Mapping
from concurrent.futures import BrokenExecutor
from dataclasses import replace
from typing import Any

import streamlit as st

from core.evaluation.alpha_selection import best_range
from core.jobs.along_task import Along
from core.retrieval.choices import Rerank
from core.workspace.runs import Run
from pages.alpha.slider_data import Tick
from pages.match.along_data import along_data, exact_order
from pages.match.component import match_element
from pages.match.searches import submit_exact
from pages.match.view import Matched
from pages.shared import session
from pages.shared.alpha_position import current_position
from pages.shared.text import plain
from pages.shared.worker import result_of, show_pending


def ticks_of(run: Run) -> list[Tick]:
    """Return the named α of the slider: both ends and α*."""
    selected = run.selected()
    best = f"highest {selected.criterion} on val{best_range(selected)}"
    return [
        Tick(0.0, "0 zero-shot", "zero-shot", "start"),
        Tick(1.0, "1 fine-tuned", "fine-tuned", "end"),
        Tick(selected.alpha, f"α* {selected.alpha:g}", best, "best"),
    ]


def element_of(run: Run) -> session.SessionValue[Mapping[str, Any]]:
    """Return the value of the slider; another run starts with a new one."""
    return session.SessionValue[Mapping[str, Any]](f"match {run.info.domain} {run.info.name}", {})


@st.fragment
def show_along(matched: Matched, along: Along, rerank: Rerank, shown: int) -> None:
    """Draw the slider and what is first at its α, and a note while the exact result is computed."""
    run, element = matched.run, element_of(matched.run)
    position = current_position(element.get().get("moved"), 1, run)
    [alpha] = position.alphas
    data = along_data(matched, along, ticks_of(run), alpha, shown)
    future = None
    if position.settled and not along.scores.is_exact_at(alpha):
        try:
            future = submit_exact(matched.workspace, run, matched.question, alpha, rerank, shown)
        except BrokenExecutor:
            future = None
        exact = None if future is None else result_of(future)
        if exact is not None:
            data = replace(data, exact=exact_order(along, exact.models[0]))
            future = None
    match_element(data, key=element.key)
    if future is not None:
        show_pending(future, ":material/hourglass_top: Computing with exact weights…", _show_why_not_exact)


def _show_why_not_exact(sentence: str) -> None:
    st.caption(f"The exact order could not be computed: {plain(sentence)}")
