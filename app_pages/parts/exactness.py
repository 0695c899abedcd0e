"""Exact values in place of interpolated ones: asked of the model worker when the slider comes to rest."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass

import streamlit as st

from app_pages.parts.failures import failure
from app_pages.parts.results import stamp_of
from app_pages.parts.waiting import show_waiting
from app_pages.parts.words import plain
from core.analysis.sweep import Ranked
from core.workspace import worker
from core.workspace.exact import rank_exactly
from core.workspace.places import Places
from core.workspace.results import Results

KEPT = 256  # about 60 kB each at a thousand articles


@dataclass(frozen=True)
class Pending:
    """An exact evaluation that is on its way, or failed."""

    future: Future

    def show(self) -> None:
        """What is being waited for, or why it will not come."""
        if (sentence := failure(self.future)) is not None:
            st.caption(f"The exact value could not be computed: {plain(sentence)}")
        else:
            show_waiting(self.future, "Computing with exact weights (the first time a model is loaded, some seconds)…")


@st.cache_resource(show_spinner=False)
def _evaluations() -> tuple[OrderedDict, threading.Lock]:
    return OrderedDict(), threading.Lock()


def exact_ranked(places: Places, results: Results, alphas: Sequence[float]) -> Ranked | Pending:
    """Ranks at one α, or at the (image, text) towers', by exact weights: there already, or on their way."""
    image, text = round(alphas[0], 6), round(alphas[-1], 6)
    key = (*stamp_of(results.run), results.split, image, text)
    evaluations, lock = _evaluations()
    with lock:
        if key not in evaluations:
            info = results.run.info
            evaluations[key] = worker.submit(rank_exactly, places, info.domain, info.name, results.split, image, text)
            while len(evaluations) > KEPT:
                evaluations.popitem(last=False)
        evaluations.move_to_end(key)
        future = evaluations[key]
    if future.done() and future.exception() is None:
        return future.result()
    return Pending(future)
