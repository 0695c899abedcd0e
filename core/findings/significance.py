"""Is the difference real? Zero-shot, fine-tuned and WiSE-FT on every split that can be judged."""

from dataclasses import dataclass

from core.analysis.significance import FINE_TUNED, PAIRS, WISE_FT, ZERO_SHOT, Differences, differences
from core.data.time_split import Split
from core.findings.question import Question, RunContext


@dataclass(frozen=True)
class DifferenceFound:
    """alpha: WiSE-FT's. splits: what was found on each."""

    alpha: float
    splits: dict[Split, Differences]


def _ask(context: RunContext) -> DifferenceFound:
    alpha = context.run.selected().alpha
    found = {}
    for split, results in context.results.items():
        models = {ZERO_SHOT: results.ranks[0], FINE_TUNED: results.ranks[-1], WISE_FT: results.ranks_at(alpha)}
        found[split] = differences(models, PAIRS)
    return DifferenceFound(alpha, found)


DIFFERENCE = Question("difference", "Is the difference real?", DifferenceFound, _ask)
