"""Measurement of a claim of speed: the obvious way and ours in turns, in one process, on the same data.

On a shared machine only ratios are reliable, so each repetition runs both ways and gives one ratio. Peak memory is the
process's largest resident memory while a way ran, sampled every 10 ms.
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
    """A line of the table. seconds: medians; ratio: median of obvious ÷ ours; peaks in megabytes of the process."""

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
    """Result of one run of a way, with its duration and the process's peak memory."""

    answer: Answer
    seconds: float
    peak_mb: float


def timed(way: Callable[[], Answer]) -> Timed[Answer]:
    """Run `way` once and measure time and peak memory."""
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
    """Make a line from one run of each way."""
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
    """Run both ways in turns. difference: describes how (obvious answer, our answer) differ."""
    rounds = [(timed(obvious), timed(ours)) for _ in range(repetitions)]
    return Line(
        work,
        size,
        median(theirs.seconds for theirs, _ in rounds),
        median(our_way.seconds for _, our_way in rounds),
        median(theirs.seconds / our_way.seconds for theirs, our_way in rounds),
        difference(rounds[-1][0].answer, rounds[-1][1].answer),
        max(theirs.peak_mb for theirs, _ in rounds),
        max(our_way.peak_mb for _, our_way in rounds),
    )
