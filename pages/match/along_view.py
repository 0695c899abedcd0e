"""View of a search at all α: the slider with the first images at its α and both ends, or the presentation."""

from collections.abc import Callable, Mapping
from concurrent.futures import BrokenExecutor, Future
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from core.evaluation.alpha_selection import best_range
from core.jobs.along_task import Along
from core.presentation.match_confidence import confidence_sentence
from core.retrieval.choices import Rerank
from core.workspace.runs import Run
from pages.alpha.slider_data import Tick
from pages.match.along_data import AlongData, along_data, exact_order, presented
from pages.match.component import match_element
from pages.match.download import show_download
from pages.match.searches import submit_calibration, submit_exact
from pages.match.view import Matched
from pages.shared import session
from pages.shared.alpha_position import current_position
from pages.shared.text import plain
from pages.shared.worker import result_of, show_pending


@dataclass(frozen=True)
class View:
    """How a result is shown. place, count: of the query in the presentation's list; count is 0 outside of it."""

    rerank: Rerank
    shown: int
    place: int = 0
    count: int = 0


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
    """Return the messages of the component; another run starts with a new one."""
    return session.SessionValue[Mapping[str, Any]](f"match {run.info.domain} {run.info.name}", {})


@st.fragment
def show_along(matched: Matched, along: Along, view: View) -> None:
    """Draw the slider with what is first at its α; its messages draw only this part of the page again."""
    draw_along(matched, along, view)


def draw_along(matched: Matched, along: Along, view: View) -> None:
    """Draw the component at the current α, and a note while an exact result or the sentence is computed."""
    element = element_of(matched.run)
    position = current_position(element.get().get("moved"), 1, matched.run)
    [alpha] = position.alphas
    data, pending = _data_at(matched, along, view, alpha, position.settled)
    match_element(data, callbacks=_callbacks(element), key=element.key)
    for future, doing in pending:
        show_pending(future, f":material/hourglass_top: {doing}", _show_why_not)
    if not view.count:
        answer = along.answer((0.0, alpha, 1.0), view.shown)
        show_download(replace(matched, answer=answer), data.sentence)


def _data_at(
    matched: Matched, along: Along, view: View, alpha: float, is_settled: bool
) -> tuple[AlongData, list[tuple[Future, str]]]:
    """Return the component's data, and the tasks that it still lacks with what they do."""
    data = along_data(matched, along, ticks_of(matched.run), alpha, view.shown)
    if view.count:
        data = replace(data, present=presented(matched, along, alpha, view.place, view.count))
    if not is_settled:
        return data, []
    pending: list[tuple[Future, str]] = []
    try:
        if not along.scores.is_exact_at(alpha):
            exact = submit_exact(matched.workspace, matched.run, matched.question, alpha, view.rerank, view.shown)
            if (answer := result_of(exact)) is not None:
                data = replace(data, exact=exact_order(along, answer.models[0]))
            else:
                pending.append((exact, "Computing with exact weights…"))
        calibration = submit_calibration(matched.workspace, matched.run, matched.question.by, alpha, view.rerank)
        if calibration.done():
            data = replace(data, sentence=_sentence(matched, along, alpha, calibration))
        else:
            pending.append((calibration, "Computing how sure this is, from the val articles…"))
    except BrokenExecutor:
        return data, []
    return data, pending


def _sentence(matched: Matched, along: Along, alpha: float, calibration: Future) -> str:
    """Return how sure the first results are; "" while it is computed and where val articles say nothing about it."""
    article = matched.picked_article
    if article is not None and article["split"] != "val":
        return ""
    if not calibration.done() or calibration.exception() is not None:
        return ""
    found = calibration.result()
    return confidence_sentence(None if found is None else along.estimate(found, alpha), matched.question.by)


def _callbacks(element: session.SessionValue[Mapping[str, Any]]) -> dict[str, Callable[[], None]]:
    def stepped() -> None:
        if (message := element.get().get("stepped")) is not None:
            session.PRESENTED_INDEX.set(int(message["index"]))

    return {"stepped": stepped, "left": lambda: session.PRESENT.pin(False)}


def _show_why_not(sentence: str) -> None:
    st.caption(f"This could not be computed: {plain(sentence)}")
