"""Tasks of the model worker that a session has asked for, by a key of its own."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import streamlit as st

from core.jobs import model_worker


def submit_once(key: str, task: Callable[..., Any], *arguments: Any) -> Future:
    """The worker's answer to this task under `key`, asked for once in this session until it is forgotten."""
    futures: dict[str, Future] = st.session_state.setdefault("_futures", {})
    if key not in futures:
        futures[key] = model_worker.submit(task, *arguments)
    return futures[key]


def forget(key: str) -> None:
    """Ask again the next time."""
    st.session_state.get("_futures", {}).pop(key, None)
