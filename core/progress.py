"""One way to show how far a long step is: a bar for a person at a terminal, a small file for a page.

Bars go to stderr, appear after two seconds, and stay away from logs, pipes and ``--json``.
"""

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from tqdm import tqdm

from core.disk import DiskError
from core.files import write_text

Item = TypeVar("Item")

#: A job (core.workspace.jobs) names here the file that its pages read.
PROGRESS_FILE = "REMATCH_PROGRESS_FILE"
QUIET = "REMATCH_QUIET"
SECONDS_BEFORE_A_BAR = 2.0
SECONDS_BETWEEN_WRITES = 0.5


def progress(items: Iterable[Item], label: str, total: int | None = None) -> Iterator[Item]:
    """Yield `items`, showing `label` and how many of `total` are done."""
    count = len(items) if total is None and isinstance(items, Sized) else total
    with counting(label) as report:
        for done, item in enumerate(items):
            report(done, count)
            yield item


@contextmanager
def counting(label: str) -> Iterator[Callable[[int, int | None], None]]:
    """Yield a function that is told (done, total) as often as one likes."""
    file = os.environ.get(PROGRESS_FILE)
    written = 0.0
    # disable=None: tqdm shows nothing where stderr is no terminal.
    hidden = True if os.environ.get(QUIET) else None
    with tqdm(desc=label, disable=hidden, delay=SECONDS_BEFORE_A_BAR, leave=False) as bar:

        def report(done: int, total: int | None) -> None:
            nonlocal written
            bar.total = total
            bar.update(done - bar.n)
            if file is not None and time.monotonic() - written > SECONDS_BETWEEN_WRITES:
                written = time.monotonic()
                with suppress(DiskError):  # the work itself is not to end for this
                    write_text(Path(file), json.dumps({"label": label, "done": done, "total": total}))

        yield report
