"""Commands in processes of their own, which tell what they imported.

Each is forked from one server that has imported what no test asks about: starting Python and importing pandas takes
longer than the commands.
"""

import io
import multiprocessing
import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from multiprocessing.connection import Connection
from types import ModuleType
from typing import NamedTuple
from unittest.mock import patch

from core.cli.main import main

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload([__name__, "core.cli.evaluation.analyse", "core.cli.evaluation.report", "scipy.stats"])


class Ended(NamedTuple):
    """How a command ended."""

    status: int
    imported_torch: bool


def fresh(*arguments: object) -> Ended:
    """Run one command in a new process."""
    receiver, sender = CONTEXT.Pipe(duplex=False)
    words = [str(argument) for argument in arguments]
    process = CONTEXT.Process(target=_run, args=(words, dict(os.environ), sender))
    # Without a main module, which the process would import first: after a test of a page it is the app's script.
    with patch.dict(sys.modules, {"__main__": ModuleType("__main__")}):
        process.start()
    sender.close()
    ended = receiver.recv()
    process.join()
    return ended


def _run(words: list[str], environment: dict[str, str], sender: Connection) -> None:
    assert "torch" not in sys.modules
    os.environ.update(environment)
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        status = main(words)
    sender.send(Ended(status, "torch" in sys.modules))
