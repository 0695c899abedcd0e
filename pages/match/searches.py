"""Tasks of the Match page for the model worker: searches at all α, exact ones at one α, and their preparation."""

from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future
from hashlib import sha256
from typing import Any

import streamlit as st

from core.jobs.along_task import Along, prepare_search, search_along
from core.jobs.match_task import Answer, match_article, match_batch, match_headline, match_photo
from core.retrieval.choices import Rerank
from core.storage.files import file_signature
from core.workspace.folders import Workspace
from core.workspace.runs import Run
from pages.match.view import MatchQuery
from pages.shared.cached_results import stamp_of
from pages.shared.errors import show_error
from pages.shared.worker import forget, result_of, show_pending, submit_once

PURPOSE, EXACT, PREPARATION = "match", "exact match", "match preparation"  # of the worker's tasks
PATIENCE = 0.8  # seconds; a warm worker answers within them, and a redraw of the page takes as long
TASKS: dict[str, Callable[..., Answer]] = {
    "headline": match_headline,
    "article": match_article,
    "photo": match_photo,
    "batch": match_batch,
}


def prepare(workspace: Workspace, run: Run, rerank: Rerank) -> None:
    """Have the worker load the run before the first query; errors appear with that query."""
    try:
        submit_once(
            PREPARATION, (*_key_of(workspace, run), rerank), prepare_search,
            workspace, run.info.domain, run.info.name, rerank,
        )  # fmt: skip
    except BrokenExecutor:
        return


def along_of(workspace: Workspace, run: Run, question: MatchQuery, rerank: Rerank) -> Along | None:
    """Return the result at all α; None while it is computed, or after showing why it failed."""
    query = question.text if question.photo is None else question.photo
    return _awaited(workspace, run, question, rerank, search_along, (question.by, query, rerank), "Searching")


def batch_answer(
    workspace: Workspace, run: Run, question: MatchQuery, alpha: float, rerank: Rerank, k: int
) -> Answer | None:
    """Return the result of a batch at one α; None while it is computed, or after showing why it failed."""
    return _awaited(
        workspace, run, question, rerank, match_batch, ((alpha,), question.text, k, rerank), "Searching for each line"
    )


def submit_exact(
    workspace: Workspace, run: Run, question: MatchQuery, alpha: float, rerank: Rerank, k: int
) -> Future[Answer]:
    """Submit the exact search at one α. Raises BrokenExecutor if the worker cannot be started."""
    query = question.text if question.photo is None else question.photo
    key = (*_key_of(workspace, run), _query_key(question), alpha, rerank, k)
    return submit_once(
        EXACT, key, TASKS[question.by], workspace, run.info.domain, run.info.name, (alpha,), query, k, rerank
    )


def _awaited(
    workspace: Workspace, run: Run, question: MatchQuery, rerank: Rerank, task: Callable[..., Any],
    arguments: tuple[Any, ...], doing: str,
) -> Any:  # fmt: skip
    rest = tuple(argument for argument in arguments if not isinstance(argument, bytes))
    key = (*_key_of(workspace, run), _query_key(question), rerank, *rest)
    try:
        future = submit_once(PURPOSE, key, task, workspace, run.info.domain, run.info.name, *arguments)
    except BrokenExecutor:
        show_failure("The model process could not be started. Your data is unchanged.")
        return None
    result = result_of(future, PATIENCE)
    if result is None:
        show_pending(future, f"{doing}. Loading the model for the first time takes some seconds.", show_failure, st.status)
    return result


def _key_of(workspace: Workspace, run: Run) -> tuple:
    signature = file_signature(workspace.domain_folder(run.info.domain) / "domain.toml")
    return (*stamp_of(run), run.info.fine_tuned, signature)


def _query_key(question: MatchQuery) -> str:
    return question.text if question.photo is None else sha256(question.photo).hexdigest()


def show_failure(sentence: str) -> None:
    """Show why there is no answer, and a button to try again."""
    show_error(sentence)
    st.button("Try again", icon=":material/refresh:", on_click=forget, args=(PURPOSE,))
