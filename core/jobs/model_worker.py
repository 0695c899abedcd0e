"""A process that holds models, so that the app's own stays small and answers while they compute.

Tasks are functions of this wing that are given names and numbers and give back arrays; they run one after the other,
since an encoder's weights belong to one task at a time. A worker that dies (out of memory) is replaced at the next.
When the app ends, so does what runs or waits here: nobody is there to see it.
"""

import logging
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import lru_cache
from typing import Any

# Not the standard library's: that one runs the main script anew in each worker, and the main script is the app.
from loky import ProcessPoolExecutor
from loky.process_executor import BrokenProcessPool, ShutdownExecutorError

from core.errors import RematchError
from core.progress import QUIET
from core.storage.files import FileSignature, file_signature
from core.workspace.folders import Workspace
from core.workspace.runs import find_run

#: Runs kept loaded; one more costs its encoder's memory, one less makes a comparison of two reload for each answer.
KEPT_OPEN = 2
#: Seconds without a task after which the worker ends and gives its memory back.
IDLE = 900
#: Where psutil is installed loky takes a worker that has grown by 300 MB for one that leaks, and replaces it between
#: tasks. Opened runs are more than that, and would be loaded again and again; KEPT_OPEN bounds what they take.
_NO_LEAK = {"LOKY_MAX_MEMORY_LEAK_SIZE": "1e15"}
_NICENESS = 5  # the app, which answers to a hand on a slider, goes first

_log = logging.getLogger("rematch")
_lock = threading.Lock()
_executor: ProcessPoolExecutor | None = None


def submit(task: Callable[..., Any], *arguments: Any) -> Future:
    """Run `task(*arguments)` in the worker after those submitted before, from any thread.

    The task must be importable by name. Its future raises what the task raised, or BrokenProcessPool if it died.
    """
    global _executor
    with _lock:
        try:
            future = _executor.submit(task, *arguments) if _executor is not None else _first(task, *arguments)
        except (BrokenProcessPool, ShutdownExecutorError):
            _executor = _new()
            future = _executor.submit(task, *arguments)
    future.add_done_callback(_report)
    return future


def _first(task: Callable[..., Any], *arguments: Any) -> Future:
    global _executor
    _executor = _new()
    future = _executor.submit(task, *arguments)
    # After loky's own, which it adds with the first task: the last added is called first. An ordinary atexit comes
    # after both.
    threading._register_atexit(_end)  # type: ignore[attr-defined]
    return future


def _report(future: Future) -> None:
    """To the terminal what nobody foresaw, since a page does not say it."""
    error = None if future.cancelled() else future.exception()
    if error is not None and not isinstance(error, RematchError):
        _log.error("a task of the model worker failed", exc_info=error)


def _new() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(max_workers=1, timeout=IDLE, initializer=_begin, env=_NO_LEAK)


def _end() -> None:
    """loky would first finish all that is queued, and the app would seem to hang after Ctrl-C."""
    with _lock:
        if _executor is not None:
            _executor.shutdown(wait=False, kill_workers=True)


def _begin() -> None:
    os.environ[QUIET] = "1"
    os.nice(_NICENESS)


def load_run_cached(workspace: Workspace, slug: str, run_name: str) -> Any:
    """In the worker: the run with its weights loaded (a TunedExperiment), kept for the next task."""
    run = find_run(workspace, slug, run_name)
    files = (run.folder / "run.toml", workspace.domain_folder(slug) / "domain.toml")
    return _open(workspace, slug, run_name, (*map(file_signature, files), run.sweep_stamp()))


@lru_cache(maxsize=KEPT_OPEN)
def _open(workspace: Workspace, slug: str, run_name: str, stamps: tuple[FileSignature | None, ...]) -> Any:
    from core.experiment.loaded_run import open_run  # imports torch, which is for the worker alone

    return open_run(find_run(workspace, slug, run_name), workspace.load_domain(slug), workspace, "auto")
