"""Registry of the questions about a run, in the order of the report, one module for each."""

from typing import Any

from core.findings.alpha_choice import CHOICE
from core.findings.barrier import BARRIER
from core.findings.drift import DRIFT
from core.findings.entity_images import ENTITIES
from core.findings.headroom import HEADROOM
from core.findings.hubs import HUBS
from core.findings.label_free import LABEL_FREE
from core.findings.mixes import MIXES
from core.findings.near_duplicates import NEAR_DUPLICATES
from core.findings.newsrooms import NEWSROOMS
from core.findings.overtakings import OVERTAKINGS
from core.findings.question import Question
from core.findings.reranking import RERANKING
from core.findings.rolling_origin import ROLLING
from core.findings.significance import DIFFERENCE
from core.findings.slices import SLICES
from core.findings.trade_off import TRADE_OFF
from core.findings.trajectories import SHAPES_ALONG_ALPHA

QUESTIONS: tuple[Question[Any], ...] = (
    DIFFERENCE, CHOICE, DRIFT, ROLLING, SLICES, SHAPES_ALONG_ALPHA, OVERTAKINGS,
    NEAR_DUPLICATES, HUBS, RERANKING, ENTITIES, BARRIER, MIXES, TRADE_OFF, NEWSROOMS,
    HEADROOM, LABEL_FREE,
)  # fmt: skip
BY_NAME = {question.name: question for question in QUESTIONS}
#: Names of earlier versions, with the questions that replace them.
RENAMED = {"similar": (NEAR_DUPLICATES.name, HUBS.name, RERANKING.name)}
