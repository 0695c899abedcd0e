"""Stability of α*: its dependence on the validation articles, its plateau, and its value on unseen articles.

α is chosen on validation data (paper, section 3.2); the paper leaves open that it "may not be the best on test data".
`spread_of_choice` repeats the choice on bootstrap samples. `judge_choice` evaluates an α, such as the one chosen on the
earlier half of val, on articles that did not choose it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.analysis.bootstrap import LEVEL, Interval, Resamples, interval
from core.analysis.cross_fit import best_places, chosen_place
from core.analysis.significance import LEVEL_OF_TESTS, Differences, bootstrap_curve, differences, permutation_p
from core.evaluation.metrics import oriented, values_of
from core.evaluation.models import Model

#: The comparisons of WiSE-FT at the chosen α.
PAIRS = ((Model.FINE_TUNED, Model.WISE_FT), (Model.ZERO_SHOT, Model.WISE_FT))


@dataclass(frozen=True)
class Plateau:
    """A range of α around `best` that this metric cannot tell apart from `best`."""

    metric: str
    best: float
    low: float
    high: float


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
    """Distribution of the chosen α over bootstrap draws: the share of each α, and an interval of 95 % of the draws."""

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

    Intervals would not do: near α* a handful of articles differ, all in its favour because they chose it. A bootstrap
    of four such articles excludes zero where the exact test gives p = 0.125. The test alone would not do either: next
    to α* many ranks move by one place in the same direction, which adds up to almost nothing.
    """

    def within(row: int) -> bool:
        lost = values_of(ranks[place], metric).sum() - values_of(ranks[row], metric).sum()
        return abs(lost) < 1 or permutation_p(ranks[place], ranks[row], metric) >= LEVEL_OF_TESTS

    first = last = place
    while first > 0 and within(first - 1):
        first -= 1
    while last < len(alphas) - 1 and within(last + 1):
        last += 1
    return Plateau(metric, float(alphas[place]), float(alphas[first]), float(alphas[last]))


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
