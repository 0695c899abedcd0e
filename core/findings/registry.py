"""The questions that can be asked about a run, in the order of the report. One room each."""

from typing import Any

from core.findings.alpha_choice import CHOICE
from core.findings.drift import DRIFT
from core.findings.entity_images import ENTITIES
from core.findings.mixes import MIXES
from core.findings.question import Question
from core.findings.rolling_origin import ROLLING
from core.findings.significance import DIFFERENCE
from core.findings.similar import SIMILAR
from core.findings.slices import SLICES
from core.findings.trajectories import SHAPES_ALONG_ALPHA

QUESTIONS: tuple[Question[Any], ...] = (
    DIFFERENCE, CHOICE, DRIFT, ROLLING, SLICES, SHAPES_ALONG_ALPHA, SIMILAR, ENTITIES, MIXES,
)  # fmt: skip
BY_NAME = {question.name: question for question in QUESTIONS}
