"""How a claim of speed is measured: the obvious way against ours, in one process, in turns, on the same data.

Times of a shared machine are good for ratios only, so each repetition runs both and the ratio is taken within it.
Peak memory is the most the process held while a way ran, read every 10 ms.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Generic, TypeVar

import psutil

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Line:
    """One line of the table. seconds: medians; ratio: median of obvious ÷ ours; peaks in megabytes of the process."""

    work: str
    size: str
    obvious_seconds: float
    ours_seconds: float
    ratio: float
    difference: str
    obvious_peak_mb: float
    ours_peak_mb: float


@dataclass(frozen=True)
class Timed(Generic[Answer]):
    """What one run of one way gave, how long it took and the most memory the process held meanwhile."""

    answer: Answer
    seconds: float
    peak_mb: float


def timed(way: Callable[[], Answer]) -> Timed[Answer]:
    """Run `way` once."""
    process, peak, finished = psutil.Process(), 0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not finished.wait(0.01):
            peak = max(peak, process.memory_info().rss)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    start = time.perf_counter()
    try:
        answer = way()
    finally:
        seconds = time.perf_counter() - start
        finished.set()
        watcher.join()
    return Timed(answer, seconds, max(peak, process.memory_info().rss) / 1e6)


def line_of(work: str, size: str, obvious: Timed, ours: Timed, difference: str) -> Line:
    """A line from one run of each."""
    ratio = obvious.seconds / ours.seconds
    return Line(work, size, obvious.seconds, ours.seconds, ratio, difference, obvious.peak_mb, ours.peak_mb)


def compare(
    work: str,
    size: str,
    obvious: Callable[[], Answer],
    ours: Callable[[], Answer],
    difference: Callable[[Answer, Answer], str],
    repetitions: int = 1,
) -> Line:
    """Run both ways in turns. difference: says in words how far (obvious answer, our answer) are apart."""
    rounds = [(timed(obvious), timed(ours)) for _ in range(repetitions)]
    return Line(
        work,
        size,
        median(one.seconds for one, _ in rounds),
        median(two.seconds for _, two in rounds),
        median(one.seconds / two.seconds for one, two in rounds),
        difference(rounds[-1][0].answer, rounds[-1][1].answer),
        max(one.peak_mb for one, _ in rounds),
        max(two.peak_mb for _, two in rounds),
    )
