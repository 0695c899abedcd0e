"""Does fine-tuning fit one period? Gains over zero-shot by the time since the end of training."""

from dataclasses import dataclass

from core.analysis.drift import Trend, Unit, last_date, since_training, trend
from core.analysis.significance import FINE_TUNED, WISE_FT
from core.data.time_split import Split
from core.findings.question import Question, RunContext

METRICS = ("mrr@100", "recall@10")


@dataclass(frozen=True)
class SplitDrift:
    """What was found on one split: a trend for each model and metric."""

    unit: Unit
    trends: tuple[Trend, ...]


@dataclass(frozen=True)
class DriftFound:
    """alpha: WiSE-FT's. ordered_by: what the order in time was read from."""

    alpha: float
    ordered_by: str
    splits: dict[Split, SplitDrift]


def _ask(context: RunContext) -> DriftFound:
    alpha, articles = context.run.selected().alpha, context.domain.articles
    end = last_date(articles.loc[articles["split"] == "train", "published_at"])
    found: dict[Split, SplitDrift] = {}
    for split, results in context.results.items():
        passed = since_training(results.articles["published_at"], end)
        models = {FINE_TUNED: results.ranks[-1], WISE_FT: results.ranks_at(alpha)}
        found[split] = SplitDrift(
            passed.unit,
            tuple(
                trend(name, results.ranks[0], ranks, passed, metric)
                for metric in METRICS
                for name, ranks in models.items()
            ),
        )
    return DriftFound(alpha, context.domain.info.split_by, found)


DRIFT = Question("drift", "Does the gain fade with time?", DriftFound, _ask)
