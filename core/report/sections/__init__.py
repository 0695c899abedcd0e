"""From what was found to what is shown: one function for each question, in a room of its own."""

from collections.abc import Callable
from typing import Any

from core.report.section import Section
from core.report.sections import choice, difference, drift, mixes, rolling, shapes, similar
from core.workspace.findings import Asked, Question

SECTIONS: dict[str, Callable[[Any, Asked], Section]] = {
    "difference": difference.section,
    "choice": choice.section,
    "drift": drift.section,
    "rolling": rolling.section,
    "shapes": shapes.section,
    "similar": similar.section,
    "mixes": mixes.section,
}


def section_of(question: Question[Any], record: Any, asked: Asked) -> Section:
    """The section that shows `record`, an answer to `question`."""
    return SECTIONS[question.name](record, asked)
