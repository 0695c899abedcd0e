"""Long work in a process of its own, so that a page can be closed and come back to it.

A job is a verb of the command line. Its folder holds what it prints (``log.txt``), how far it is
(``progress.json``), how it ended (`core.jobs.records`), and a lock that its process holds while it lives: that, not a
process number that may be reused, says whether it runs. A job that somebody cancelled is told apart from one that
failed.
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
#: Held by a job's process for as long as it runs.
LOCK = "running.lock"
#: The module that a job's process runs. It imports the command line, so it is named here, not imported.
RUNNER = "core.cli.job_runner"


@dataclass(frozen=True)
class JobStatus:
    """Where a job stands.

    label, done, total: of its present step (total None if unknown). log: its last lines. unit: "B" if `done` is in
    bytes; speed: units a second, None if unknown. exit_status: of the verb; None while it runs and if it was killed.
    result, error: what the verb wrote at its end, None if it wrote none.
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
        """How far the present step is, in words; while the job runs, with the remaining time."""
        return amount(self.done, self.total, self.unit, self.speed if self.state == "running" else None)


def start(workspace: Workspace, job: Job, verb: Sequence[str]) -> bool:
    """Start ``rematch VERB …`` as `job`; False if it is running already.

    Raises DiskError if the workspace cannot be written.
    """
    folder = job.folder(workspace)
    with disk_errors_for(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with disk_errors_for(folder / "log.txt"), FileLock(folder / "starting.lock"):  # two pages may ask at once
        if is_held(folder / LOCK):
            return False
        for left in ("progress.json", "cancelled.txt"):
            (folder / left).unlink(missing_ok=True)
        reserve(folder)
        environment = os.environ | {
            PROGRESS_FILE: str(folder / "progress.json"),
            "PYTHONIOENCODING": "utf-8:replace",  # log.txt is read so, whatever the locale
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
        while not is_held(folder / LOCK) and process.poll() is None:  # until then it would look as if it had failed
            time.sleep(0.02)
    return True


def status(workspace: Workspace, job: Job) -> JobStatus:
    """Read where `job` stands."""
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
    exit_status = _written_number(folder / STATUS)
    otherwise: State = "cancelled" if (folder / "cancelled.txt").exists() else "failed"
    state = "done" if exit_status == 0 else otherwise
    return replace(running, state=state, exit_status=exit_status, result=read_result(folder), error=read_error(folder))


def _written_number(file: Path) -> int | None:
    """The number in a file; None if there is none yet."""
    try:
        return int(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def cancel(workspace: Workspace, job: Job) -> None:
    """Ask the job to end, with every process it started. It is `cancelled` once it has; nothing if it does not run.

    The first time it may tidy up; asked again, it ends where it stands.
    """
    folder = job.folder(workspace)
    if not is_held(folder / LOCK):
        return
    process = _written_number(folder / PROCESS)
    if process is None:  # it holds its lock, but has not said yet who it is
        raise InputError(f"job '{job}' is only just starting; try again in a second.")
    with suppress(DiskError):  # then it ends as failed, and its log says that it was stopped
        write_text(folder / "cancelled.txt", "")
    try:
        if hasattr(os, "killpg"):
            os.killpg(process, signal.SIGTERM)  # a job leads a session, and so a group, of its own
        else:
            os.kill(process, signal.SIGTERM)
    except ProcessLookupError:  # it ended just now
        return


def clear(workspace: Workspace, job: Job) -> None:
    """Forget how the job ended; nothing while it runs. Raises DiskError if the workspace cannot be written."""
    folder = job.folder(workspace)
    if folder.exists() and not is_held(folder / LOCK):
        with disk_errors_for(folder / "log.txt"):
            (folder / "log.txt").unlink(missing_ok=True)
