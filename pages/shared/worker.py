"""Tasks of the model worker: submitted once for all sessions that ask the same, awaited by each for a purpose.

A session awaits one task for each purpose; asking for another gives the first up, if no other session awaits it: a
slider whose key is held down passes many α's.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
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
    """Return the future of `function(*arguments)`, which is submitted unless it was under `key` and has not failed.

    key: all that its result depends on. Raises BrokenExecutor if the worker cannot be started.
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
            if before.sessions <= 0 and before.future.cancel():  # not what the worker has begun, which is kept
                _submitted.clear(before.key, function, arguments)
    AWAITED.set({**AWAITED.get(), purpose: task})
    return task.future


def forget(purpose: str) -> None:
    """Await nothing for `purpose`; the task is submitted anew when it is asked for again."""
    others = dict(AWAITED.get())
    if (task := others.pop(purpose, None)) is not None:
        _submitted.clear(task.key, None, ())
    AWAITED.set(others)


def result_of(future: Future) -> Any:
    """Return the result; None while it is awaited, and after a failure."""
    return future.result() if future.done() and future.exception() is None else None


def show_pending(
    future: Future, doing: str, show_failure: Callable[[str], object], show: Callable[[str], object] = st.caption
) -> None:
    """Show what is being computed until it is done, with `show`, or why it has failed, with `show_failure`."""
    if (sentence := failure(future)) is not None:
        show_failure(sentence)
    else:
        _watch(future, doing, show)


@st.fragment(run_every=0.3)
def _watch(future: Future, doing: str, show: Callable[[str], object]) -> None:
    if future.done():
        st.rerun()  # the whole page
    show(doing)
