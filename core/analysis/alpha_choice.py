"""Is α* the right α? How much the choice owes to these very articles, and how far α can move before it matters.

α is chosen on validation data (paper, section 3.2) and "may not be the best on test data" is what the paper leaves
open. So the choice is made anew on articles drawn with replacement, and once on the earlier half of val and judged on
the later half, which it has not seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.analysis.bootstrap import LEVEL, Interval, Resamples, interval
from core.analysis.significance import LEVEL_OF_TESTS, Differences, bootstrap_curve, differences, permutation_p
from core.evaluation.metrics import METRICS, oriented, values_of
from core.evaluation.models import Model

#: What the chosen α, as WiSE-FT, is compared with.
PAIRS = ((Model.FINE_TUNED, Model.WISE_FT), (Model.ZERO_SHOT, Model.WISE_FT))


@dataclass(frozen=True)
class Plateau:
    """All α from low to high, `best` among them, are within noise of `best` in this metric."""

    metric: str
    best: float
    low: float
    high: float


@dataclass(frozen=True)
class Regret:
    """What was lost against the α that turned out best: `value` of the metric, at least 0, with the interval.

    The best is known only in hindsight, so even a perfect choice has some regret here.
    """

    metric: str
    best: float
    value: float
    interval: Interval


@dataclass(frozen=True)
class Judgement:
    """An α chosen on some articles (n_chosen) and judged on others (differences.n)."""

    alpha: float
    chosen_on: str
    n_chosen: int
    judged_on: str
    differences: Differences
    regrets: tuple[Regret, ...]


@dataclass(frozen=True)
class Spread:
    """Which α would have been chosen on other articles of the same kind: share of the draws by α, and 95 % of them."""

    alphas: tuple[float, ...]
    shares: tuple[float, ...]
    interval: Interval


def chosen_place(ranks: np.ndarray, criterion: str) -> int:
    """Row of the α that `select_alpha` would take, from ranks int [A, n], α rising."""
    return int(_best(*(oriented(_averages(ranks, metric), metric)[None] for metric in (criterion, "mrr@100")))[0])


def _averages(ranks: np.ndarray, metric: str) -> np.ndarray:
    values = np.sort(values_of(ranks, metric), axis=1)  # floats summed in another order differ in the last digit
    return np.median(values, axis=1) if METRICS[metric].average == "median" else values.mean(axis=1)


def _best(criterion: np.ndarray, reciprocal: np.ndarray) -> np.ndarray:
    """Column of the best of each row, both [B, A]; ties by the second, then the first column."""
    candidates = np.where(criterion == criterion.max(axis=1, keepdims=True), reciprocal, -np.inf)
    return candidates.argmax(axis=1)


def spread_of_choice(ranks: np.ndarray, alphas: Sequence[float], criterion: str) -> Spread:
    """The choice made anew on each bootstrap draw of the articles; ranks int [A, n]."""
    drawn = [oriented(bootstrap_curve(ranks, metric), metric) for metric in (criterion, "mrr@100")]
    chosen = np.asarray(alphas)[_best(drawn[0], drawn[1])]
    low, high = np.quantile(chosen, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], method="nearest")
    counts = [float((chosen == alpha).mean()) for alpha in alphas]
    return Spread(tuple(alphas), tuple(counts), Interval(float(low), float(high)))


def alpha_plateau(ranks: np.ndarray, alphas: Sequence[float], place: int, metric: str) -> Plateau:
    """The α's around row `place` that differ by less than one article is worth, or by what no test at 5 % finds.

    Not by intervals: near α* a handful of articles differ, all to its favour since it was chosen by them, and a
    bootstrap of four that all point one way excludes zero where the exact test says p = 0.125. Nor by the test alone:
    right beside α* many ranks move by one place, all the same way, and add up to nothing.
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


def judged(
    ranks: np.ndarray,
    alphas: Sequence[float],
    place: int,
    metrics: Sequence[str],
    chosen_on: tuple[str, int],
    judged_on: str,
) -> Judgement:
    """The α of row `place`, chosen on other articles, judged on those of `ranks`, int [A, n]."""
    models: dict[str, np.ndarray] = {
        Model.ZERO_SHOT: ranks[0],
        Model.FINE_TUNED: ranks[-1],
        Model.WISE_FT: ranks[place],
    }
    regrets = tuple(_regret(ranks, alphas, place, metric) for metric in metrics)
    return Judgement(float(alphas[place]), *chosen_on, judged_on, differences(models, PAIRS), regrets)


def _regret(ranks: np.ndarray, alphas: Sequence[float], place: int, metric: str) -> Regret:
    best = chosen_place(ranks, metric)
    lost = oriented(values_of(ranks[best], metric) - values_of(ranks[place], metric), metric)
    n = ranks.shape[1]
    return Regret(metric, float(alphas[best]), float(lost.mean()), interval(Resamples(n).means(lost), n))


def halves(ranks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The earlier and the later half of articles that are in the order of time: ranks int [A, n], n at least 2."""
    middle = ranks.shape[1] // 2
    return ranks[:, :middle], ranks[:, middle:]
