"""Progress of long steps: a bar on the terminal, a small JSON file for the pages of the app.

Bars are written to stderr, appear after two seconds, and are hidden in logs, pipes and with ``--json``.
"""

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from tqdm import tqdm

from core.storage.disk_errors import DiskError
from core.storage.files import write_text

Item = TypeVar("Item")

#: Environment variable with the file that the pages of a job (core.jobs.background) read.
PROGRESS_FILE = "REMATCH_PROGRESS_FILE"
QUIET = "REMATCH_QUIET"
SECONDS_BEFORE_A_BAR = 2.0
SECONDS_BETWEEN_WRITES = 0.5


def progress(items: Iterable[Item], label: str, total: int | None = None) -> Iterator[Item]:
    """Yield `items` and show `label` with the number done of `total`."""
    count = len(items) if total is None and isinstance(items, Sized) else total
    with progress_reporter(label) as report:
        for done, item in enumerate(items):
            report(done, count)
            yield item


@contextmanager
def progress_reporter(label: str, unit: str = "") -> Iterator[Callable[[int, int | None], None]]:
    """Yield a function to call with (done, total), as often as needed.

    unit: "B" for bytes, which are shown as megabytes with a speed; "" for items. Work done before the first call does
    not enter the speed.
    """
    file = os.environ.get(PROGRESS_FILE)
    written, counted = 0.0, 0  # when the file was last written, and `done` at that moment
    speed: float | None = None
    # disable=None: tqdm shows nothing where stderr is no terminal.
    hidden = True if os.environ.get(QUIET) else None
    with tqdm(
        desc=label, disable=hidden, delay=SECONDS_BEFORE_A_BAR, leave=False, unit=unit or "it", unit_scale=bool(unit)
    ) as bar:

        def report(done: int, total: int | None) -> None:
            nonlocal written, counted, speed
            bar.total = total
            if not bar.n:
                bar.initial = bar.n = bar.last_print_n = done
            bar.update(done - bar.n)
            now = time.monotonic()
            if file is not None and now - written > SECONDS_BETWEEN_WRITES:
                speed = _smoothed(speed, max(0, done - counted) / (now - written)) if written else None
                step = {"label": label, "done": done, "total": total, "unit": unit, "speed": speed}
                written, counted = now, done
                with suppress(DiskError):  # a missing progress file must not stop the work
                    write_text(Path(file), json.dumps(step))

        yield report


def _smoothed(before: float | None, now: float) -> float:
    return now if before is None else 0.7 * before + 0.3 * now


def amount(done: int, total: int | None, unit: str = "", speed: float | None = None) -> str:
    """Return progress in words: "3 of 1,000, about 5 min left", or for bytes "120 of 605 MB, 12.3 MB/s, …".

    speed: units per second; without `speed` or `total` the remaining time is omitted.
    """
    scale, name = (1e6, " MB") if unit == "B" else (1, "")
    digits = 1 if name and max(done, total or 0) < 10 * scale else 0
    of = f" of {total / scale:,.{digits}f}" if total else ""
    rate = f", {speed / scale:,.1f}{name}/s" if speed and name else ""
    left = f", {_remaining(max(0, total - done) / speed)} left" if speed and total else ""
    return f"{done / scale:,.{digits}f}{of}{name}{rate}{left}"


def _remaining(seconds: float) -> str:
    """Return "less than a minute", "about 5 min" or "about 2 h 10 min"."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "less than a minute"
    return f"about {minutes} min" if minutes < 90 else f"about {minutes // 60} h {minutes % 60} min"
