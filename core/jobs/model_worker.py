"""Worker process that holds the models, so that the app's process stays small and responsive.

Tasks are importable functions that take names and numbers and return arrays. They run one at a time, because they
share the encoder's weights. If the worker dies, for example without memory, the next task starts a new one. When the
app ends, it stops running and waiting tasks (docs/decisions/pages-without-torch.md).
"""

import logging
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import lru_cache
from typing import Any

# Not the standard library's executor: it runs the main script, which is the app, again in each worker.
from loky import ProcessPoolExecutor
from loky.process_executor import BrokenProcessPool, ShutdownExecutorError

from core.errors import RematchError
from core.progress import QUIET
from core.storage.files import FileSignature, file_signature
from core.workspace.folders import Workspace
from core.workspace.runs import find_run

#: Runs in memory: one more costs the memory of an encoder, one less reloads both for each search that compares two.
KEPT_OPEN = 2
#: Seconds without a task after which the worker ends and frees its memory.
IDLE = 900
#: If psutil is installed, loky replaces a worker that grew by 300 MB, because it assumes a leak. Loaded runs take more
#: and would be loaded again for each task; KEPT_OPEN limits their memory.
_NO_LEAK = {"LOKY_MAX_MEMORY_LEAK_SIZE": "1e15"}
_NICENESS = 5  # lower priority than the app, which reacts to the slider

_log = logging.getLogger("rematch")
_lock = threading.Lock()
_executor: ProcessPoolExecutor | None = None


def submit(task: Callable[..., Any], *arguments: Any) -> Future:
    """Queue `task(*arguments)` for the worker; callable from any thread.

    The task must be importable by name. The future raises the task's error, or BrokenProcessPool if the worker died.
    """
    global _executor
    with _lock:
        try:
            submit_task = _submit_first if _executor is None else _executor.submit
            future = submit_task(task, *arguments)
        except (BrokenProcessPool, ShutdownExecutorError):
            _executor = _new_executor()
            future = _executor.submit(task, *arguments)
    future.add_done_callback(_log_unexpected_error)
    return future


def _submit_first(task: Callable[..., Any], *arguments: Any) -> Future:
    global _executor
    _executor = _new_executor()
    future = _executor.submit(task, *arguments)
    # Registered after loky's handler, which loky adds with the first task, because the last one runs first. The
    # standard atexit would run after both.
    threading._register_atexit(_stop_worker)  # type: ignore[attr-defined]
    return future


def _log_unexpected_error(future: Future) -> None:
    """Log unexpected task errors to the terminal; pages show only a short message."""
    error = None if future.cancelled() else future.exception()
    is_stopped = isinstance(error, ShutdownExecutorError)  # with the app, which is no error
    if error is not None and not is_stopped and not isinstance(error, RematchError):
        _log.error("a task of the model worker failed", exc_info=error)


def _new_executor() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(max_workers=1, timeout=IDLE, initializer=_set_up_worker, env=_NO_LEAK)


def _stop_worker() -> None:
    """Stop the worker at once. By default loky finishes the queue first, and the app would hang after Ctrl-C."""
    with _lock:
        if _executor is not None:
            _executor.shutdown(wait=False, kill_workers=True)


def _set_up_worker() -> None:
    os.environ[QUIET] = "1"
    os.nice(_NICENESS)


def load_run_cached(workspace: Workspace, slug: str, run_name: str) -> Any:
    """Return the run with its weights (a LoadedRun), cached for the next task; call it in the worker only."""
    run = find_run(workspace, slug, run_name)
    files = (run.folder / "run.toml", workspace.domain_folder(slug) / "domain.toml")
    return _open(workspace, slug, run_name, (*map(file_signature, files), run.sweep_stamp()))


@lru_cache(maxsize=KEPT_OPEN)
def _open(workspace: Workspace, slug: str, run_name: str, stamps: tuple[FileSignature | None, ...]) -> Any:
    from core.experiment.loaded_run import open_run  # imports torch, which only the worker may load

    return open_run(find_run(workspace, slug, run_name), workspace.load_domain(slug), workspace, "auto")
