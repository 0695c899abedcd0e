"""Is the difference between two models real? Paired intervals, permutation tests, and how many articles it would take.

All three models rank the same articles, so everything is paired: an interval is the bootstrap's of the difference
(`core.analysis.bootstrap`), p is from swapping the two models' ranks article by article (Fisher's randomisation; its
use for retrieval: Smucker, Allan and Carterette 2007), and Holm's step-down keeps the chance of a single false claim
over the metrics shown at the stated rate.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from core.analysis.bootstrap import Interval, Resamples, bands, interval
from core.evaluation.metrics import METRICS, metrics_of, values_of
from core.evaluation.models import Model

#: Swaps that are tried: p is known to about 0.003 near 0.05.
PERMUTATIONS = 4999
LEVEL_OF_TESTS = 0.05
POWER = 0.8
#: Which model is compared with which.
PAIRS = ((Model.ZERO_SHOT, Model.FINE_TUNED), (Model.FINE_TUNED, Model.WISE_FT), (Model.ZERO_SHOT, Model.WISE_FT))


@dataclass(frozen=True)
class ModelMetric:
    """One model's value of a metric, and where it would lie for other articles of the same kind."""

    model: str
    metric: str
    value: float
    interval: Interval


@dataclass(frozen=True)
class Difference:
    """after − before. p: of the permutation test; p_holm: corrected over the metrics of this pair of models.

    required_n: articles at which a difference of this size would be found at 5 % in four of five cases; None for the
    median and where there is no difference at all.
    """

    metric: str
    before: str
    after: str
    value: float
    interval: Interval
    p: float
    p_holm: float
    required_n: int | None

    @property
    def is_significant(self) -> bool:
        """Distinguishable from none at 5 %, over all the metrics shown."""
        return self.p_holm < LEVEL_OF_TESTS


@dataclass(frozen=True)
class Differences:
    """Every metric under every model, and every difference between two of them, on the same n articles."""

    n: int
    reached: tuple[ModelMetric, ...]
    differences: tuple[Difference, ...]

    def between(self, before: str, after: str) -> list[Difference]:
        """Those of one pair of models, in the order of the metrics."""
        return [one for one in self.differences if (one.before, one.after) == (before, after)]

    def of(self, metric: str, before: str, after: str) -> Difference:
        """One of them. Raises StopIteration if there is none."""
        return next(one for one in self.between(before, after) if one.metric == metric)

    def value(self, metric: str, model: str) -> float:
        """One model's value of a metric. Raises StopIteration if there is none."""
        return next(one.value for one in self.reached if (one.metric, one.model) == (metric, model))


def differences(models: Mapping[str, np.ndarray], pairs: Sequence[tuple[str, str]]) -> Differences:
    """models: name → ranks, int [n], of the same articles; pairs: (before, after), names of two models."""
    n = len(next(iter(models.values())))
    resamples = Resamples(n)
    drawn = {(name, metric): _drawn(resamples, ranks, metric) for name, ranks in models.items() for metric in METRICS}
    value = {name: metrics_of(ranks) for name, ranks in models.items()}
    reached = [
        ModelMetric(name, metric, value[name][metric], interval(drawn[name, metric], n))
        for name in models
        for metric in METRICS
    ]
    found: list[Difference] = []
    for before, after in pairs:
        p_values = [permutation_p(models[before], models[after], metric) for metric in METRICS]
        for metric, p, p_holm in zip(METRICS, p_values, holm(p_values), strict=True):
            found.append(
                Difference(
                    metric, before, after,
                    value[after][metric] - value[before][metric],
                    interval(drawn[after, metric] - drawn[before, metric], n),
                    p, p_holm, required_n(models[before], models[after], metric),
                )
            )  # fmt: skip
    return Differences(n, tuple(reached), tuple(found))


def differences_in(metric: str, models: Mapping[str, np.ndarray], pairs: Sequence[tuple[str, str]]) -> list[Difference]:
    """Each pair's difference in one metric, p corrected over the pairs; arguments as in `differences`."""
    p_values = [permutation_p(models[before], models[after], metric) for before, after in pairs]
    resamples = Resamples(len(next(iter(models.values()))))
    drawn = {name: _drawn(resamples, ranks, metric) for name, ranks in models.items()}
    value = {name: metrics_of(ranks)[metric] for name, ranks in models.items()}
    return [
        Difference(
            metric, before, after,
            value[after] - value[before],
            interval(drawn[after] - drawn[before], resamples.n),
            p, p_holm, required_n(models[before], models[after], metric),
        )
        for (before, after), p, p_holm in zip(pairs, p_values, holm(p_values), strict=True)
    ]  # fmt: skip


def _drawn(resamples: Resamples, ranks: np.ndarray, metric: str) -> np.ndarray:
    values = values_of(ranks, metric)
    return resamples.medians(values) if METRICS[metric].average == "median" else resamples.means(values)


def permutation_p(before: np.ndarray, after: np.ndarray, metric: str) -> float:
    """Two-sided p of a metric's difference between two models of the same articles, ranks int [n]; 1 if none differs.

    Only articles whose value differs can change the difference by a swap; the others are left out for means. Of zeros
    and ones (recalls) all swaps together are a binomial, so their p is exact (McNemar's exact test).
    """
    a, b = values_of(before, metric), values_of(after, metric)
    if METRICS[metric].is_binary:
        gained, changed = int((b > a).sum()), int((a != b).sum())
        return float(stats.binomtest(gained, changed).pvalue) if changed else 1.0
    of_median = METRICS[metric].average == "median"
    if not of_median:
        a, b = a[a != b], b[a != b]
    if len(a) < 2:
        return 1.0
    average = np.median if of_median else np.mean

    def difference(x: np.ndarray, y: np.ndarray, axis: int) -> np.ndarray:
        return np.asarray(average(y, axis=axis) - average(x, axis=axis))

    tested = stats.permutation_test(
        (a, b),
        difference,
        permutation_type="samples",
        n_resamples=PERMUTATIONS,
        batch=max(1, 2**22 // len(a)),
        vectorized=True,
        rng=np.random.default_rng(0),
    )
    return min(1.0, float(tested.pvalue))


def holm(p_values: Sequence[float]) -> list[float]:
    """Corrected p, in the order given (Holm 1979): the smallest times m, the next times m − 1, …, never falling."""
    corrected, highest = [0.0] * len(p_values), 0.0
    for passed, place in enumerate(np.argsort(p_values, kind="stable")):
        highest = max(highest, min(1.0, (len(p_values) - passed) * p_values[place]))
        corrected[place] = highest
    return corrected


def required_n(before: np.ndarray, after: np.ndarray, metric: str) -> int | None:
    """n at which a difference as large as this one, with its spread, would be found (see `Difference`)."""
    gained = values_of(after, metric) - values_of(before, metric)
    mean = float(gained.mean())
    if METRICS[metric].average == "median" or mean == 0 or len(gained) < 2:
        return None
    spread = float(gained.std(ddof=1))
    quantiles = float(stats.norm.ppf(1 - LEVEL_OF_TESTS / 2) + stats.norm.ppf(POWER))
    return max(2, math.ceil((quantiles * spread / mean) ** 2))


def curve_bands(ranks: np.ndarray, metric: str) -> tuple[np.ndarray, np.ndarray]:
    """Low and high of a metric at each α, [A] each, from ranks int [A, n]: pointwise 95 % intervals."""
    return bands(bootstrap_curve(ranks, metric), ranks.shape[1])


def curve_differences(ranks: np.ndarray, metric: str, rows: Sequence[int]) -> list[tuple[np.ndarray, np.ndarray]]:
    """For each of `rows`: low and high of the metric's difference from its α, [A] each: 95 %, pointwise, paired."""
    drawn = bootstrap_curve(ranks, metric)
    return [bands(drawn - drawn[:, [row]], ranks.shape[1]) for row in rows]


def bootstrap_curve(ranks: np.ndarray, metric: str) -> np.ndarray:
    """The metric of each draw at each α: [draws, A]."""
    resamples = Resamples(ranks.shape[1])
    if METRICS[metric].average == "median":
        return np.stack([_drawn(resamples, row, metric) for row in ranks], axis=1)
    return resamples.means(values_of(ranks, metric).T)
