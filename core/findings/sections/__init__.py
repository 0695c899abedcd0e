"""From what was found to what is shown: one function for each question, in a room of its own."""

from collections.abc import Callable
from typing import Any

from core.findings.question import Question, RunContext
from core.findings.sections import (
    alpha_choice,
    drift,
    entity_images,
    mixes,
    rolling_origin,
    significance,
    similar,
    slices,
    trajectories,
)
from core.presentation.blocks import Section

SECTIONS: dict[str, Callable[[Any, RunContext], Section]] = {
    "difference": significance.section,
    "choice": alpha_choice.section,
    "drift": drift.section,
    "rolling": rolling_origin.section,
    "shapes": trajectories.section,
    "similar": similar.section,
    "mixes": mixes.section,
    "slices": slices.section,
    "entities": entity_images.section,
}


def section_of(question: Question[Any], record: Any, context: RunContext) -> Section:
    """The section that shows `record`, an answer to `question`."""
    return SECTIONS[question.name](record, context)
