"""The questions that can be asked about a run, in the order of the report. One room each."""

from typing import Any

from core.workspace.findings import Question
from core.workspace.questions.difference import DIFFERENCE
from core.workspace.questions.entities import ENTITIES
from core.workspace.questions.slices import SLICES

QUESTIONS: tuple[Question[Any], ...] = (DIFFERENCE, SLICES, ENTITIES)
BY_NAME = {question.name: question for question in QUESTIONS}
