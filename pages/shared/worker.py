"""Waiting for the model worker without holding the page: a line that says so, and a redraw when it is done."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import streamlit as st

from core.jobs import model_worker

SECONDS = 0.3


def submit_once(key: str, task: Callable[..., Any], *arguments: Any) -> Future:
    """The worker's answer to this task under `key`, asked for once in this session until it is forgotten."""
    futures: dict[str, Future] = st.session_state.setdefault("_futures", {})
    if key not in futures:
        futures[key] = model_worker.submit(task, *arguments)
    return futures[key]


def forget(key: str) -> None:
    """Ask again the next time."""
    st.session_state.get("_futures", {}).pop(key, None)


@st.fragment(run_every=SECONDS)
def show_waiting(future: Future, sentence: str) -> None:
    """Say what is being waited for; the page is drawn again when it is there."""
    if future.done():
        st.rerun()
    st.caption(f":material/hourglass_top: {sentence}")
