"""Significance of differences between two models: paired intervals, permutation tests and required sample sizes.

All three models rank the same articles, so every statistic is paired. Intervals are bootstrap intervals of the
difference (`core.analysis.bootstrap`). p comes from swapping the two models' ranks article by article (Fisher's
randomisation test; for retrieval: Smucker, Allan and Carterette 2007). Holm's step-down correction keeps the
probability of one false claim over the metrics shown below the stated level.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from core.analysis.bootstrap import Interval, Resamples, bands, interval
from core.evaluation.metrics import METRICS, metrics_of, values_of
from core.evaluation.models import Model

#: Number of random swaps; the standard error of p is about 0.003 near 0.05.
PERMUTATIONS = 4999
LEVEL_OF_TESTS = 0.05
POWER = 0.8
#: The compared models, as (before, after).
PAIRS = ((Model.ZERO_SHOT, Model.FINE_TUNED), (Model.FINE_TUNED, Model.WISE_FT), (Model.ZERO_SHOT, Model.WISE_FT))


@dataclass(frozen=True)
class ModelMetric:
    """Value of a metric under one model, with its interval."""

    model: str
    metric: str
    value: float
    interval: Interval


@dataclass(frozen=True)
class Difference:
    """Difference after − before in one metric.

    p: of the permutation test; p_holm: corrected over all tests of the same table. required_n: number of articles at
    which a test at 5 % detects a difference of this size with 80 % power; None for the median and for no difference.
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
        """Return True if the corrected p is below 5 %."""
        return self.p_holm < LEVEL_OF_TESTS


@dataclass(frozen=True)
class Differences:
    """Every metric under every model, and the differences between pairs of models, on the same n articles."""

    n: int
    reached: tuple[ModelMetric, ...]
    differences: tuple[Difference, ...]

    def between(self, before: str, after: str) -> list[Difference]:
        """Return the differences of one pair of models, in the order of the metrics."""
        return [one for one in self.differences if (one.before, one.after) == (before, after)]

    def of(self, metric: str, before: str, after: str) -> Difference:
        """Return one difference. Raises StopIteration if there is none."""
        return next(one for one in self.between(before, after) if one.metric == metric)

    def value(self, metric: str, model: str) -> float:
        """Return the value of a metric under one model. Raises StopIteration if there is none."""
        return next(one.value for one in self.reached if (one.metric, one.model) == (metric, model))


def differences(models: Mapping[str, np.ndarray], pairs: Sequence[tuple[str, str]]) -> Differences:
    """Compare pairs of models in every metric.

    models: name → ranks, int [n], of the same articles; pairs: (before, after), names of two models.
    """
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
    """Compare pairs of models in one metric, with p corrected over the pairs; arguments as in `differences`."""
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
    """Return the two-sided p of the difference in a metric between two rankings, int [n]; 1 if no value differs.

    For means, only articles with different values matter, so the others are left out. For recalls (zeros and ones) all
    swaps together follow a binomial distribution, so p is exact (McNemar's exact test).
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
    """Return p corrected by Holm (1979), in the given order: the smallest times m, the next times m − 1, monotone."""
    corrected, highest = [0.0] * len(p_values), 0.0
    for passed, place in enumerate(np.argsort(p_values, kind="stable")):
        highest = max(highest, min(1.0, (len(p_values) - passed) * p_values[place]))
        corrected[place] = highest
    return corrected


def required_n(before: np.ndarray, after: np.ndarray, metric: str) -> int | None:
    """Return the n at which a test detects a difference of this size and spread (see `Difference`)."""
    gained = values_of(after, metric) - values_of(before, metric)
    mean = float(gained.mean())
    if METRICS[metric].average == "median" or mean == 0 or len(gained) < 2:
        return None
    spread = float(gained.std(ddof=1))
    quantiles = float(stats.norm.ppf(1 - LEVEL_OF_TESTS / 2) + stats.norm.ppf(POWER))
    return max(2, math.ceil((quantiles * spread / mean) ** 2))


def curve_bands(ranks: np.ndarray, metric: str) -> tuple[np.ndarray, np.ndarray]:
    """Return pointwise 95 % intervals of a metric at each α, (low, high) [A] each, from ranks int [A, n]."""
    return bands(bootstrap_curve(ranks, metric), ranks.shape[1])


def curve_differences(ranks: np.ndarray, metric: str, rows: Sequence[int]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return paired pointwise 95 % intervals of the differences from the α of each of `rows`: (low, high) [A] each."""
    drawn = bootstrap_curve(ranks, metric)
    return [bands(drawn - drawn[:, [row]], ranks.shape[1]) for row in rows]


def bootstrap_curve(ranks: np.ndarray, metric: str) -> np.ndarray:
    """Return the metric of each bootstrap draw at each α: [draws, A]."""
    resamples = Resamples(ranks.shape[1])
    if METRICS[metric].average == "median":
        return np.stack([_drawn(resamples, row, metric) for row in ranks], axis=1)
    return resamples.means(values_of(ranks, metric).T)
