"""Stability of α*: its dependence on the validation articles, its plateau, and its value on unseen articles.

α is chosen on validation data (paper, section 3.2); the paper leaves open that it "may not be the best on test data".
`spread_of_choice` repeats the choice on bootstrap samples. `judge_choice` evaluates an α, such as the one chosen on the
earlier half of val, on articles that did not choose it.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr

from core.analysis.bootstrap import LEVEL, Interval, Resamples, interval
from core.analysis.cross_fit import best_places, chosen_place
from core.analysis.decision import is_significant
from core.analysis.significance import Differences, bootstrap_curve, differences, permutation_p
from core.evaluation.metrics import METRICS, oriented, values_of
from core.evaluation.models import Model

#: The comparisons of WiSE-FT at the chosen α.
PAIRS = ((Model.FINE_TUNED, Model.WISE_FT), (Model.ZERO_SHOT, Model.WISE_FT))


@dataclass(frozen=True)
class Plateau:
    """Two ranges of α around `best` for a metric.

    low, high: no test finds a difference from `best` there, which does not show that there is none. same_low,
    same_high: shown to be equivalent to `best`, that is, the difference is less than one article's worth (two one-sided
    tests at 5 %, Schuirmann 1987).
    """

    metric: str
    best: float
    low: float
    high: float
    same_low: float
    same_high: float


@dataclass(frozen=True)
class Regret:
    """The loss against the α that is best on the evaluated articles: `value` of the metric, at least 0.

    `best` is known only in hindsight, so even a perfect choice has some regret.
    """

    metric: str
    best: float
    value: float
    interval: Interval


@dataclass(frozen=True)
class Judgement:
    """An α chosen on n_chosen articles and evaluated on differences.n other articles."""

    alpha: float
    chosen_on: str
    n_chosen: int
    judged_on: str
    differences: Differences
    regrets: tuple[Regret, ...]


@dataclass(frozen=True)
class Spread:
    """Distribution of the chosen α over bootstrap draws: the share of each α, and the central 95 % of the draws.

    This `interval` is no confidence interval of the best α: the bootstrap is not valid for the place of a maximum. It
    describes how much the choice depends on the articles.
    """

    alphas: tuple[float, ...]
    shares: tuple[float, ...]
    interval: Interval


def spread_of_choice(ranks: np.ndarray, alphas: Sequence[float], criterion: str) -> Spread:
    """Choose α on each bootstrap draw of the articles; ranks int [A, n]."""
    drawn = [oriented(bootstrap_curve(ranks, metric), metric) for metric in (criterion, "mrr@100")]
    chosen = np.asarray(alphas)[best_places(drawn[0], drawn[1])]
    low, high = np.quantile(chosen, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], method="nearest")
    counts = [float((chosen == alpha).mean()) for alpha in alphas]
    return Spread(tuple(alphas), tuple(counts), Interval(float(low), float(high)))


def alpha_plateau(ranks: np.ndarray, alphas: Sequence[float], place: int, metric: str) -> Plateau:
    """Return the range around row `place` in which each α loses less than one article or nothing significant at 5 %.

    It also returns the part of it that is equivalent to row `place`.

    Intervals would not do: near α* a handful of articles differ, all in its favour because they chose it. A bootstrap
    of four such articles excludes zero where the exact test gives p = 0.125. The test alone would not do either: next
    to α* many ranks move by one place in the same direction, which adds up to almost nothing.
    """

    def within(row: int) -> bool:
        lost = values_of(ranks[place], metric).sum() - values_of(ranks[row], metric).sum()
        return abs(lost) < 1 or not is_significant(permutation_p(ranks[place], ranks[row], metric))

    def is_same(row: int) -> bool:
        gained = values_of(ranks[row], metric) - values_of(ranks[place], metric)
        return METRICS[metric].average == "mean" and is_equivalent(gained, 1 / len(gained))

    ends = [*_range_around(place, len(alphas), within), *_range_around(place, len(alphas), is_same)]
    return Plateau(metric, float(alphas[place]), *(float(alphas[end]) for end in ends))


def _range_around(place: int, count: int, holds: Callable[[int], bool]) -> tuple[int, int]:
    """Return the first and last of the rows around `place` without a gap for which `holds` is true; both inclusive."""
    first = last = place
    while first > 0 and holds(first - 1):
        first -= 1
    while last < count - 1 and holds(last + 1):
        last += 1
    return first, last


def is_equivalent(gained: np.ndarray, margin: float) -> bool:
    """Return whether two one-sided t tests at 5 % show that the mean of `gained` [n] is between ±margin."""
    n, mean = len(gained), float(gained.mean())
    error = float(gained.std(ddof=1)) / math.sqrt(n) if n > 1 else math.inf
    if error == 0:
        return abs(mean) < margin
    return is_significant(float(stdtr(n - 1, (abs(mean) - margin) / error)))


def judge_choice(
    ranks: np.ndarray,
    alphas: Sequence[float],
    place: int,
    metrics: Sequence[str],
    chosen_on: tuple[str, int],
    judged_on: str,
) -> Judgement:
    """Evaluate the α of row `place`, chosen on other articles, on those of `ranks`, int [A, n]."""
    models: dict[str, np.ndarray] = {
        Model.ZERO_SHOT: ranks[0],
        Model.FINE_TUNED: ranks[-1],
        Model.WISE_FT: ranks[place],
    }
    regrets = tuple(_regret(ranks, alphas, place, metric) for metric in metrics)
    return Judgement(float(alphas[place]), *chosen_on, judged_on, differences(models, PAIRS, metrics), regrets)


def _regret(ranks: np.ndarray, alphas: Sequence[float], place: int, metric: str) -> Regret:
    best = chosen_place(ranks, metric)
    lost = oriented(values_of(ranks[best], metric) - values_of(ranks[place], metric), metric)
    n = ranks.shape[1]
    return Regret(metric, float(alphas[best]), float(lost.mean()), interval(Resamples(n).means(lost), n))


def halves(ranks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Split articles in the order of time into an earlier and a later half: ranks int [A, n], n at least 2."""
    middle = ranks.shape[1] // 2
    return ranks[:, :middle], ranks[:, middle:]
