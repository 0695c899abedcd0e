"""How long an answer takes: as long as it took last for runs of this kind, else a figure for linear heads."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from core.findings.question import Question, RunContext
from core.storage.disk_errors import DiskError
from core.storage.files import fingerprint, write_text

#: Articles on which `Question.seconds_for_heads` were measured (README, "Measured": two cores).
MEASURED_ON = 2834


def expected_seconds(question: Question[Any], context: RunContext) -> float | None:
    """Return the expected seconds of a slow answer, in proportion to the articles; None if nothing is known."""
    articles = len(context.domain.articles)
    with suppress(OSError, ValueError):
        seconds, of = _file(question, context).read_text(encoding="utf-8").split()
        return float(seconds) * articles / int(of)
    if question.seconds_for_heads is None or context.run.info.settings.tune != "head":
        return None
    return question.seconds_for_heads * articles / MEASURED_ON


def save_seconds(question: Question[Any], context: RunContext, seconds: float) -> None:
    """Store how long an answer took; do nothing if the disk cannot be written, because it is only an estimate."""
    with suppress(DiskError):
        write_text(_file(question, context), f"{seconds:.2f} {len(context.domain.articles)}\n")


def _file(question: Question[Any], context: RunContext) -> Path:
    info = context.run.info
    name = f"{question.name}-{fingerprint(info.encoder, info.settings.tune)}.txt"
    return context.workspace.cache / "findings" / "durations" / name


def in_words(seconds: float) -> str:
    """Return a duration in words: `some seconds`, `about 40 s`, `about 3 min`, `about 2 h`."""
    if seconds < 8:
        return "some seconds"
    if seconds < 90:
        return f"about {max(10, 10 * round(seconds / 10))} s"
    return f"about {round(seconds / 60)} min" if seconds < 5400 else f"about {round(seconds / 3600)} h"


def duration(question: Question[Any], context: RunContext) -> str:
    """Return the expected duration of a slow answer in words, after `It takes`."""
    seconds = expected_seconds(question, context)
    return question.duration_hint or "" if seconds is None else in_words(seconds)


def duration_of_all(questions: list[Question[Any]], context: RunContext) -> str:
    """Return the expected duration of several answers in words."""
    known = [expected_seconds(question, context) for question in questions]
    total = in_words(sum(seconds for seconds in known if seconds is not None))
    if all(seconds is None for seconds in known):
        return "as long as many trainings and sweeps"
    return f"{total}, and more for {known.count(None)} of them" if None in known else total
