"""Tasks of the Match page for the model worker: searches at all α, exact ones at one α, and their preparation."""

from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future
from hashlib import sha256
from typing import Any

import streamlit as st
from streamlit import runtime

from core.jobs.along_task import Along, calibrate_search, prepare_search, search_along
from core.jobs.match_task import Answer, match_article, match_batch, match_headline, match_photo
from core.retrieval.choices import Rerank
from core.storage.files import file_signature
from core.workspace.folders import Workspace
from core.workspace.runs import Run
from pages.match.view import MatchQuery
from pages.shared.cached_results import stamp_of
from pages.shared.errors import show_error
from pages.shared.worker import forget, result_of, show_pending, submit_once

#: Purposes of the worker's tasks.
PURPOSE, EXACT, PREPARATION, CALIBRATION, NEXT = (
    "match",
    "exact match",
    "match preparation",
    "match calibration",
    "next",
)
PATIENCE = 0.8  # seconds; a warm worker answers within them, and a redraw of the page takes as long
TASKS: dict[str, Callable[..., Answer]] = {
    "headline": match_headline,
    "article": match_article,
    "photo": match_photo,
    "batch": match_batch,
}


def prepare(workspace: Workspace, run: Run, by: str, alpha: float, rerank: Rerank) -> None:
    """Have the worker load the run, and compute how sure searches are, before the first query.

    Errors appear with that query.
    """
    if not runtime.exists():  # AppTest draws pages without a server, and needs no second process
        return
    try:
        submit_once(
            PREPARATION, (*_key_of(workspace, run), rerank), prepare_search,
            workspace, run.info.domain, run.info.name, rerank,
        )  # fmt: skip
        submit_calibration(workspace, run, by, alpha, rerank)
    except BrokenExecutor:
        return


def along_of(workspace: Workspace, run: Run, question: MatchQuery, rerank: Rerank) -> Along | None:
    """Return the result at all α; None while it is computed, or after showing why it failed."""
    query = question.text if question.photo is None else question.photo
    key = _key_along(workspace, run, question, rerank)
    found: Along | None = _awaited(workspace, run, key, search_along, (question.by, query, rerank))
    return found


def batch_answer(
    workspace: Workspace, run: Run, question: MatchQuery, alpha: float, rerank: Rerank, k: int
) -> Answer | None:
    """Return the result of a batch at one α; None while it is computed, or after showing why it failed."""
    key = (*_key_of(workspace, run), question.text, alpha, rerank, k)
    found: Answer | None = _awaited(workspace, run, key, match_batch, ((alpha,), question.text, k, rerank))
    return found


def submit_exact(
    workspace: Workspace, run: Run, question: MatchQuery, alpha: float, rerank: Rerank, k: int
) -> Future[Answer]:
    """Submit the exact search at one α. Raises BrokenExecutor if the worker cannot be started."""
    query = question.text if question.photo is None else question.photo
    key = (*_key_of(workspace, run), _query_key(question), alpha, rerank, k)
    return submit_once(
        EXACT, key, TASKS[question.by], workspace, run.info.domain, run.info.name, (alpha,), query, k, rerank
    )


def submit_calibration(workspace: Workspace, run: Run, by: str, alpha: float, rerank: Rerank) -> Future:
    """Submit how sure searches of a kind are at `alpha`. Raises BrokenExecutor if the worker cannot be started."""
    key = (*_key_of(workspace, run), by, alpha, rerank)
    return submit_once(CALIBRATION, key, calibrate_search, workspace, run.info.domain, run.info.name, by, alpha, rerank)


def prefetch(workspace: Workspace, run: Run, question: MatchQuery, rerank: Rerank) -> None:
    """Have the worker search for the next query of a presentation; errors appear with that query."""
    try:
        submit_once(
            NEXT, _key_along(workspace, run, question, rerank), search_along,
            workspace, run.info.domain, run.info.name, question.by, question.text, rerank,
        )  # fmt: skip
    except BrokenExecutor:
        return


def _awaited(workspace: Workspace, run: Run, key: tuple, task: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    try:
        future = submit_once(PURPOSE, key, task, workspace, run.info.domain, run.info.name, *arguments)
    except BrokenExecutor:
        show_failure("The model process could not be started. Your data is unchanged.")
        return None
    result = result_of(future, PATIENCE)
    if result is None:
        doing = "Searching. Loading the model for the first time takes some seconds."
        show_pending(future, doing, show_failure, st.status)
    return result


def _key_along(workspace: Workspace, run: Run, question: MatchQuery, rerank: Rerank) -> tuple:
    return (*_key_of(workspace, run), question.by, _query_key(question), rerank)


def _key_of(workspace: Workspace, run: Run) -> tuple:
    signature = file_signature(workspace.domain_folder(run.info.domain) / "domain.toml")
    return (*stamp_of(run), run.info.fine_tuned, signature)


def _query_key(question: MatchQuery) -> str:
    return question.text if question.photo is None else sha256(question.photo).hexdigest()


def show_failure(sentence: str) -> None:
    """Show why there is no answer, and a button to try again."""
    show_error(sentence)
    st.button("Try again", icon=":material/refresh:", on_click=forget, args=(PURPOSE,))
