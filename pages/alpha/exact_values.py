"""Exact values in place of interpolated ones: asked of the model worker when the slider comes to rest."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass

import streamlit as st

from core.evaluation.sweep import Ranked
from core.jobs import model_worker
from core.jobs.rank_task import rank_exactly
from core.workspace.folders import Workspace
from core.workspace.sweep_results import Results
from pages.shared.cached_results import stamp_of
from pages.shared.errors import failure
from pages.shared.polling import watch_worker
from pages.shared.text import plain

KEPT = 256  # about 60 kB each at a thousand articles
_ASKED = "_exact_asked"  # in each session: the key it waits for


@dataclass
class Evaluation:
    """One exact evaluation, for all sessions that stand at its α, and how many of them do."""

    future: Future
    asked_by: int = 0


@dataclass(frozen=True)
class ExactEvaluation:
    """An exact evaluation that is on its way, or failed."""

    future: Future

    def show(self) -> None:
        """What is being waited for, or why it will not come."""
        if (sentence := failure(self.future)) is not None:
            st.caption(f"The exact value could not be computed: {plain(sentence)}")
        else:
            sentence = "Computing with exact weights (the first time a model is loaded, some seconds)…"
            watch_worker(self.future, f":material/hourglass_top: {sentence}")


@st.cache_resource(show_spinner=False)
def _evaluations() -> tuple[OrderedDict[tuple, Evaluation], threading.Lock]:
    return OrderedDict(), threading.Lock()


def exact_ranks(workspace: Workspace, results: Results, alphas: Sequence[float]) -> Ranked | ExactEvaluation:
    """Ranks at one α, or at the (image, text) towers', by exact weights: there already, or on their way.

    What this session asked for before is given up, if nobody else waits for it: keys held down pass many α's.
    """
    image, text = round(alphas[0], 6), round(alphas[-1], 6)
    key = (*stamp_of(results.run), results.split, image, text)
    evaluations, lock = _evaluations()
    with lock:
        before = st.session_state.get(_ASKED)
        if before != key:
            _give_up(evaluations, before)
        if key not in evaluations:
            info = results.run.info
            future = model_worker.submit(rank_exactly, workspace, info.domain, info.name, results.split, image, text)
            evaluations[key] = Evaluation(future, asked_by=int(before == key))  # counted below if it is new here
            while len(evaluations) > KEPT:
                evaluations.popitem(last=False)
        evaluations.move_to_end(key)
        evaluation = evaluations[key]
        if before != key:
            evaluation.asked_by += 1
            st.session_state[_ASKED] = key
    if evaluation.future.done() and evaluation.future.exception() is None:
        return evaluation.future.result()
    return ExactEvaluation(evaluation.future)


def _give_up(evaluations: OrderedDict[tuple, Evaluation], key: tuple | None) -> None:
    """Cancel what nobody waits for any more. What the worker has begun is finished and kept."""
    if key is None or (evaluation := evaluations.get(key)) is None:
        return
    evaluation.asked_by -= 1
    if evaluation.asked_by <= 0 and evaluation.future.cancel():
        del evaluations[key]
