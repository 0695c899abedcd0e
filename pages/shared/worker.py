"""Tasks of the model worker, shared by all sessions that need the same result.

A session awaits one task for each purpose. A new task for the same purpose cancels the previous one if no other
session awaits it, because a moving slider passes many α.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any

import streamlit as st

from core.jobs import model_worker
from pages.shared.errors import failure
from pages.shared.session import AWAITED, Task

_lock = threading.Lock()


@st.cache_resource(max_entries=256, show_spinner=False)  # exact ranks of a thousand articles take about 60 kB
def _submitted(key: tuple, _function: Callable[..., Any], _arguments: tuple) -> Task:
    return Task(key, model_worker.submit(_function, *_arguments))


def submit_once(purpose: str, key: tuple, function: Callable[..., Any], *arguments: Any) -> Future:
    """Return the future of `function(*arguments)`; submit it only if no earlier one under `key` is usable.

    key: everything that the result depends on. A failed task is submitted again. Raises BrokenExecutor if the worker
    cannot be started.
    """
    key = (function.__name__, *key)
    before = AWAITED.get().get(purpose)
    if before is not None and before.key == key:
        return before.future
    with _lock:
        task = _submitted(key, function, arguments)
        if task.future.done() and task.future.exception() is not None:
            _submitted.clear(key, function, arguments)
            task = _submitted(key, function, arguments)
        task.sessions += 1
        if before is not None:
            before.sessions -= 1
            if before.sessions <= 0 and before.future.cancel():  # a task that has begun continues
                _submitted.clear(before.key, function, arguments)
    AWAITED.set({**AWAITED.get(), purpose: task})
    return task.future


def forget(purpose: str) -> None:
    """Stop awaiting the task for `purpose`; the next request submits it again."""
    others = dict(AWAITED.get())
    if (task := others.pop(purpose, None)) is not None:
        _submitted.clear(task.key, None, ())
    AWAITED.set(others)


def result_of(future: Future, patience: float = 0.0) -> Any:
    """Return the result of a task; None while it runs and after a failure.

    patience: seconds to wait for a task that takes less than a redraw of the page.
    """
    wait([future], patience)
    return future.result() if future.done() and future.exception() is None else None


def show_pending(
    future: Future, doing: str, show_failure: Callable[[str], object], show: Callable[[str], object] = st.caption
) -> None:
    """Show `doing` with `show` until the task is done, or its error with `show_failure`."""
    if (sentence := failure(future)) is not None:
        show_failure(sentence)
    else:
        _watch(future, doing, show)


@st.fragment(run_every=0.3)
def _watch(future: Future, doing: str, show: Callable[[str], object]) -> None:
    if future.done():
        st.rerun()  # the whole page
    show(doing)
