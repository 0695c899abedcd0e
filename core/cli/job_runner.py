"""The process of a background job: hold the lock, run the command, write its exit status."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from filelock import FileLock

from core.jobs.background import LOCK, PROCESS, STATUS, write_number
from core.jobs.signals import stop_on_sigterm


def run(folder: Path, command: Sequence[str]) -> int:
    """Run `command` as the job whose files are in `folder`; return its exit status."""
    with FileLock(folder / LOCK):
        write_number(folder / PROCESS, os.getpid())
        stop_on_sigterm()
        from core.cli.main import main  # takes seconds, so after the lock

        status = main(command)
        write_number(folder / STATUS, status)
        return status


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1]), sys.argv[2:]))
