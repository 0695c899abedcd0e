"""Would fine-tuning have helped with the next period, at every time? Trained until each, judged on what came after."""

from dataclasses import dataclass

from core.analysis.rolling_origin import Age, Gain, OriginRanks, Unit, by_age, fading, gains, next_period, periods_of
from core.analysis.significance import FINE_TUNED, PAIRS, WISE_FT, ZERO_SHOT, Difference, differences_in
from core.evaluation.metrics import values_of
from core.findings.question import Question, RunContext

METRIC = "mrr@100"


@dataclass(frozen=True)
class Origin:
    """One training: until which period, on how many pairs, its α and of how many articles, and the next period.

    zero_shot: METRIC there; gains: of both other models over it.
    """

    until: str
    n_trained: int
    n_chosen: int
    alpha: float
    judged: str
    n_judged: int
    zero_shot: float
    gains: dict[str, Gain]


@dataclass(frozen=True)
class RollingFound:
    """origins: each learns from all before it; none if no period has enough articles before it and in it.

    next_period: the three models' differences over all next periods together, n articles.

    windows: how many trainings learn from `window` articles each, so that they differ in their age alone. ages: their
    gains by age. fading: of each model, how much it changes on the same article with each period of age.
    """

    unit: Unit
    origins: tuple[Origin, ...]
    n: int
    next_period: tuple[Difference, ...]
    window: int
    windows: int
    ages: tuple[Age, ...]
    fading: dict[str, Gain | None]


def _ask(context: RunContext) -> RollingFound:
    from core.experiment.rolling_origins import roll

    articles = context.domain.articles
    articles = articles[(articles["split"] != "test") & (articles["image_id"] != "")]
    dates = articles["published_at"] if context.domain.info.split_by == "published_at" else None
    periods = periods_of(dates, len(articles))
    found = list(roll(context.loaded_run, articles, periods))
    windows = list(roll(context.loaded_run, articles, periods, periods.window))
    pooled = next_period(found)
    return RollingFound(
        periods.unit,
        tuple(_origin(one, periods.labels) for one in found),
        len(pooled[ZERO_SHOT]) if found else 0,
        tuple(differences_in(METRIC, pooled, PAIRS)) if found else (),
        periods.window,
        len(windows),
        by_age(windows, METRIC),
        {model: fading(windows, model, METRIC) for model in (FINE_TUNED, WISE_FT)},
    )


def _origin(one: OriginRanks, labels: tuple[str, ...]) -> Origin:
    ranks = one.in_period(one.origin + 1)
    return Origin(
        labels[one.origin], one.n_trained, one.n_chosen, one.alpha, labels[one.origin + 1], len(ranks[ZERO_SHOT]),
        float(values_of(ranks[ZERO_SHOT], METRIC).mean()), gains(ranks, METRIC),
    )  # fmt: skip


ROLLING = Question(
    "rolling",
    "Would it have helped with the next period?",
    RollingFound,
    _ask,
    duration_hint="as long as eight trainings of this run",
)
