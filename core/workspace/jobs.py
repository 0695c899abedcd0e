"""Long work in a process of its own, so that a page can be closed and come back to it.

A job is a verb of the command line. Its folder holds what it prints (``log.txt``), how far it is
(``progress.json``), and a lock that its process holds while it lives: that, not a process number that may be
reused, says whether it runs. A job that somebody cancelled is told apart from one that failed.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from filelock import FileLock

from core.disk import writing
from core.errors import InputError
from core.files import write_text
from core.locks import is_held
from core.progress import PROGRESS_FILE, amount
from core.stopping import stop_on_sigterm
from core.workspace.job_log import last_lines
from core.workspace.places import Places

State = Literal["never started", "running", "done", "failed", "cancelled"]
_NAME = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
_LOCK = "running.lock"


@dataclass(frozen=True)
class JobStatus:
    """Where a job stands.

    label, done, total: of its present step (total None if unknown). log: its last lines. unit: "B" if `done` is in
    bytes; speed: units a second, None if unknown.
    """

    state: State
    label: str
    done: int
    total: int | None
    log: list[str]
    unit: str = ""
    speed: float | None = None

    @property
    def amount(self) -> str:
        """How far the present step is, in words."""
        return amount(self.done, self.total, self.unit, self.speed)


def _folder(places: Places, name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise InputError(f"'{name}' cannot name a job: expected lower-case letters, digits and single hyphens.")
    return places.workspace / "jobs" / name


def start(places: Places, name: str, verb: Sequence[str]) -> bool:
    """Start ``python -m core VERB …`` as the job `name`; False if it is running already.

    Raises DiskError if the workspace cannot be written.
    """
    folder = _folder(places, name)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with writing(folder / "log.txt"), FileLock(folder / "starting.lock"):  # two pages may ask at once
        if is_held(folder / _LOCK):
            return False
        for left in ("status.txt", "progress.json", "process.txt", "cancelled.txt"):
            (folder / left).unlink(missing_ok=True)
        environment = os.environ | {
            PROGRESS_FILE: str(folder / "progress.json"),
            "PYTHONIOENCODING": "utf-8:replace",  # log.txt is read so, whatever the locale
            "REMATCH_WORKSPACE": str(places.workspace),
            "REMATCH_CACHE": str(places.cache),
        }
        with (folder / "log.txt").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "core.workspace.jobs", str(folder), *verb],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,  # so that Ctrl-C in the app's terminal does not end it
            )
        while not is_held(folder / _LOCK) and process.poll() is None:  # until then it would look as if it had failed
            time.sleep(0.02)
    return True


def status(places: Places, name: str) -> JobStatus:
    """Read where the job `name` stands."""
    folder = _folder(places, name)
    if not (folder / "log.txt").exists():
        return JobStatus("never started", "", 0, None, [])
    log = last_lines(folder / "log.txt")
    try:
        step = json.loads((folder / "progress.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        step = {"label": "Starting", "done": 0, "total": None}
    ended = folder / "status.txt"
    if is_held(folder / _LOCK):
        state: State = "running"
    elif ended.exists() and ended.read_text().strip() == "0":
        state = "done"
    else:
        state = "cancelled" if (folder / "cancelled.txt").exists() else "failed"
    return JobStatus(state, step["label"], step["done"], step["total"], log, step.get("unit", ""), step.get("speed"))


def cancel(places: Places, name: str) -> None:
    """Ask the job to end, with every process it started. It is `cancelled` once it has; nothing if it does not run.

    The first time it may tidy up; asked again, it ends where it stands.
    """
    folder = _folder(places, name)
    if not is_held(folder / _LOCK):
        return
    try:
        process = int((folder / "process.txt").read_text(encoding="utf-8"))
    except (OSError, ValueError):  # it holds its lock, but has not said yet who it is
        raise InputError(f"job '{name}' is only just starting; try again in a second.") from None
    write_text(folder / "cancelled.txt", "")
    try:
        if hasattr(os, "killpg"):
            os.killpg(process, signal.SIGTERM)  # a job leads a session, and so a group, of its own
        else:
            os.kill(process, signal.SIGTERM)
    except ProcessLookupError:  # it ended just now
        return


def clear(places: Places, name: str) -> None:
    """Forget how the job ended; nothing while it runs. Raises DiskError if the workspace cannot be written."""
    folder = _folder(places, name)
    if folder.exists() and not is_held(folder / _LOCK):
        with writing(folder / "log.txt"):
            (folder / "log.txt").unlink(missing_ok=True)


def _run(folder: Path, verb: Sequence[str]) -> int:
    """The job's own process: hold the lock, run the verb, leave its exit status."""
    with FileLock(folder / _LOCK):
        write_text(folder / "process.txt", str(os.getpid()))
        stop_on_sigterm()
        from core.__main__ import main  # takes seconds, so after the lock

        status = main(verb)
        write_text(folder / "status.txt", str(status))
        return status


if __name__ == "__main__":
    sys.exit(_run(Path(sys.argv[1]), sys.argv[2:]))
