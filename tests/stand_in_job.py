"""The process of a background job whose verb does as a test asks; its lock, signals and files are the real ones.

The fixture `stand_in` starts ``python stand_in_job.py VERB FOLDER`` in place of `core.cli.job_runner`.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import core.cli.main
from core.cli import job_runner
from core.jobs.records import JOB_FOLDER, write_error
from core.progress import progress_reporter


@dataclass(frozen=True)
class StartedJob:
    """A job's process and the verb the app asked it to run."""

    process: subprocess.Popen[bytes]
    verb: list[str]


def _sleep() -> int:
    """Report three steps of seven and a line, then sleep until the file `wake` appears in the job's folder."""
    with progress_reporter("Sleeping") as report:
        report(3, 7)
        print("one line", flush=True)
        _wait_to_wake()
    return 0


def _wait_to_wake() -> None:
    while not (Path(os.environ[JOB_FOLDER]) / "wake").exists():
        time.sleep(0.02)


def _never_end() -> int:
    print("busy", flush=True)
    try:
        while True:
            time.sleep(0.02)
    finally:
        print("tidied up", flush=True)


def _succeed() -> int:
    print("at work", flush=True)
    _wait_to_wake()
    return 0


def _fail() -> int:
    """End with a long error."""
    _succeed()
    write_error("InputError", "why " * 500)
    return 2


def _crash() -> int:
    raise ZeroDivisionError


VERBS: dict[str, Callable[[], int]] = {
    "sleep": _sleep, "never end": _never_end, "succeed": _succeed, "fail": _fail, "crash": _crash,
}  # fmt: skip

if __name__ == "__main__":
    core.cli.main.main = lambda command: VERBS[sys.argv[1]]()
    sys.exit(job_runner.run(Path(sys.argv[2]), []))
