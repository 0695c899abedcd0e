"""Entry point of a background job: hold its lock, run the command, write the exit status."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from filelock import FileLock

from core.jobs.background import LOCK
from core.jobs.records import JOB_FOLDER, PROCESS, STATUS, write_error, write_reserved
from core.jobs.signals import stop_on_sigterm


def run(folder: Path, command: Sequence[str]) -> int:
    """Run `command` as the job whose files are in `folder` and return its exit status."""
    with FileLock(folder / LOCK):
        write_reserved(folder / PROCESS, str(os.getpid()))
        os.environ[JOB_FOLDER] = str(folder)
        stop_on_sigterm()
        try:
            from core.cli.main import main  # takes seconds, so the job holds the lock first

            status = main(command)
        except Exception as error:
            kind = type(error).__name__
            write_error(kind, f"The job crashed ({kind}). See its log.txt for details.")
            raise
        write_reserved(folder / STATUS, str(status))
        return status


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1]), sys.argv[2:]))
