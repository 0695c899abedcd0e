"""The questions that can be asked about a run, in the order of the report. One room each."""

from typing import Any

from core.workspace.findings import Question
from core.workspace.questions.choice import CHOICE
from core.workspace.questions.difference import DIFFERENCE
from core.workspace.questions.drift import DRIFT
from core.workspace.questions.mixes import MIXES
from core.workspace.questions.rolling import ROLLING
from core.workspace.questions.shapes import SHAPES_ALONG_ALPHA
from core.workspace.questions.similar import SIMILAR

QUESTIONS: tuple[Question[Any], ...] = (DIFFERENCE, CHOICE, DRIFT, ROLLING, SHAPES_ALONG_ALPHA, SIMILAR, MIXES)
BY_NAME = {question.name: question for question in QUESTIONS}
