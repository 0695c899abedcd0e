"""The life of an article along α: how many have which shape."""

from dataclasses import dataclass

from core.analysis.trajectories import ShapeCount, count_shapes
from core.data.time_split import Split
from core.findings.question import Question, RunContext


@dataclass(frozen=True)
class ShapesFound:
    """The counts on each split, all shapes in their order."""

    splits: dict[Split, tuple[ShapeCount, ...]]


def _ask(context: RunContext) -> ShapesFound:
    return ShapesFound({split: count_shapes(results.ranks) for split, results in context.results.items()})


SHAPES_ALONG_ALPHA = Question("shapes", "What happens to an article along α?", ShapesFound, _ask)
