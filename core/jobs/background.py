"""Background jobs: long work in a separate process, which continues when the user closes the page.

A job runs one command of `rematch`. Its folder has its output (``log.txt``), its progress (``progress.json``), its
result (`core.jobs.records`) and a lock that the process holds until it ends. The lock shows whether a job runs, because
process ids are reused (docs/decisions/jobs-as-processes.md). Cancelled and failed jobs have different states.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from filelock import FileLock

from core.errors import InputError
from core.jobs.job import Job
from core.jobs.log import last_lines
from core.jobs.records import PROCESS, STATUS, JobError, JobResult, read_error, read_result, reserve
from core.progress import PROGRESS_FILE, amount
from core.storage.disk_errors import DiskError, disk_errors_for
from core.storage.files import write_text
from core.storage.locks import is_held
from core.workspace.folders import Workspace

State = Literal["never started", "running", "done", "failed", "cancelled"]
#: A job's process holds this lock until it ends.
LOCK = "running.lock"
#: The module that a job's process runs; a name, because importing it would import the command line.
RUNNER = "core.cli.job_runner"


@dataclass(frozen=True)
class JobStatus:
    """State and progress of a job.

    label, done, total: current step (total None if unknown). unit: "B" if `done` is in bytes. speed: units per second,
    None if unknown. log: last lines of the output. exit_status: of the command; None while it runs or if it was killed.
    result, error: records that the command wrote at its end, or None.
    """

    state: State
    label: str
    done: int
    total: int | None
    log: list[str]
    unit: str = ""
    speed: float | None = None
    exit_status: int | None = None
    result: JobResult | None = None
    error: JobError | None = None

    @property
    def amount(self) -> str:
        """Progress of the current step in words, with the remaining time while the job runs."""
        return amount(self.done, self.total, self.unit, self.speed if self.state == "running" else None)


def start(workspace: Workspace, job: Job, verb: Sequence[str]) -> bool:
    """Start ``rematch VERB …`` as `job`. Return False if the job is already running.

    Raises DiskError if the workspace cannot be written.
    """
    folder = job.folder(workspace)
    with disk_errors_for(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with disk_errors_for(folder / "log.txt"), FileLock(folder / "starting.lock"):  # two pages may start it at once
        if is_held(folder / LOCK):
            return False
        for name in ("progress.json", "cancelled.txt"):
            (folder / name).unlink(missing_ok=True)
        reserve(folder)
        environment = os.environ | {
            PROGRESS_FILE: str(folder / "progress.json"),
            "PYTHONIOENCODING": "utf-8:replace",  # the encoding in which log.txt is read, on any locale
            "REMATCH_WORKSPACE": str(workspace.root),
            "REMATCH_CACHE": str(workspace.cache),
        }
        with (folder / "log.txt").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", RUNNER, str(folder), *verb],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,  # so that Ctrl-C in the app's terminal does not end it
            )
        while not is_held(folder / LOCK) and process.poll() is None:  # without the lock it would count as failed
            time.sleep(0.02)
    return True


def status(workspace: Workspace, job: Job) -> JobStatus:
    """Return the state and progress of `job`."""
    folder = job.folder(workspace)
    if not (folder / "log.txt").exists():
        return JobStatus("never started", "", 0, None, [])
    log = last_lines(folder / "log.txt")
    try:
        step = json.loads((folder / "progress.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        step = {"label": "Starting", "done": 0, "total": None}
    running = JobStatus(
        "running", step["label"], step["done"], step["total"], log, step.get("unit", ""), step.get("speed")
    )
    if is_held(folder / LOCK):
        return running
    exit_status = _read_number(folder / STATUS)
    unsuccessful: State = "cancelled" if (folder / "cancelled.txt").exists() else "failed"
    state = "done" if exit_status == 0 else unsuccessful
    return replace(running, state=state, exit_status=exit_status, result=read_result(folder), error=read_error(folder))


def _read_number(file: Path) -> int | None:
    """Return the number in a file; None if it has none yet."""
    try:
        return int(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def cancel(workspace: Workspace, job: Job) -> None:
    """Stop the job and all processes that it started; do nothing if it is not running.

    The first call lets the job clean up, a second one ends it at once. Its state is `cancelled` after it has ended.
    """
    folder = job.folder(workspace)
    if not is_held(folder / LOCK):
        return
    process = _read_number(folder / PROCESS)
    if process is None:  # it holds the lock but has not written its id yet
        raise InputError(f"cannot cancel job '{job}' yet, because it is still starting; try again in a second.")
    with suppress(DiskError):  # then its state is failed, and its log shows that it was stopped
        write_text(folder / "cancelled.txt", "")
    try:
        if hasattr(os, "killpg"):
            os.killpg(process, signal.SIGTERM)  # each job leads its own session and process group
        else:
            os.kill(process, signal.SIGTERM)
    except ProcessLookupError:  # it ended in the meantime
        return


def clear(workspace: Workspace, job: Job) -> None:
    """Reset an ended job to `never started`. Raises DiskError if the workspace cannot be written."""
    folder = job.folder(workspace)
    if folder.exists() and not is_held(folder / LOCK):
        with disk_errors_for(folder / "log.txt"):
            (folder / "log.txt").unlink(missing_ok=True)
