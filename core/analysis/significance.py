"""Significance of differences between models: paired intervals, tests, and the smallest difference that is detectable.

All models rank the same articles, so every statistic is paired. Intervals are bootstrap intervals of the difference
(`core.analysis.bootstrap`). p comes from swapping the two models' ranks article by article (Fisher's randomisation
test; for retrieval: Smucker, Allan and Carterette 2007). Where one of the models is cross-fitted, interval and p are
those of Student's t with the bootstrap's standard error, because only the bootstrap repeats the choice of α. Holm's
step-down correction keeps the probability of one false claim over all that is compared below the stated level.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from core.analysis.bootstrap import LEVEL, Interval, Resamples, bands, interval
from core.analysis.cross_fit import CrossFit, Judged, drawn_values, ranks_of_judged
from core.analysis.decision import LEVEL_OF_TESTS, is_significant
from core.evaluation.metrics import METRICS, metrics_of, values_of
from core.evaluation.models import Model

#: Number of random swaps; the standard error of p is about 0.003 near 0.05.
PERMUTATIONS = 4999
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

    p: of the test; p_holm: corrected over all differences of the same table. detectable: the smallest true difference
    that a test at 5 % finds with 80 % power at this n; None if no article has another value. It depends on n and the
    spread only. (The n that a difference as large as the observed one would take is no answer: the observed one is
    random, and large where luck was.)
    """

    metric: str
    before: str
    after: str
    value: float
    interval: Interval
    p: float
    p_holm: float
    detectable: float | None

    @property
    def is_significant(self) -> bool:
        """Return whether the corrected p is below 5 % (`core.analysis.decision`)."""
        return is_significant(self.p_holm)


@dataclass(frozen=True)
class Differences:
    """Metrics under every model, and the differences between pairs of models, on the same n articles."""

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


def differences(
    models: Mapping[str, Judged], pairs: Sequence[tuple[str, str]], metrics: Sequence[str] | None = None
) -> Differences:
    """Compare pairs of models, with p corrected over all pairs and metrics together.

    models: name → ranks, int [n], of the same articles, or WiSE-FT with α still to be chosen. pairs: (before, after),
    names of two models. metrics: those that are shown; None for all.
    """
    metrics = tuple(METRICS) if metrics is None else metrics
    ranks = {name: ranks_of_judged(model) for name, model in models.items()}
    resamples = Resamples(len(next(iter(ranks.values()))))
    drawn = {name: drawn_values(resamples, model, metrics) for name, model in models.items()}
    value = {name: metrics_of(of_model) for name, of_model in ranks.items()}
    reached = tuple(
        ModelMetric(name, metric, value[name][metric], interval(drawn[name][metric], resamples.n))
        for name in models
        for metric in metrics
    )
    tests = [
        _test(models[before], models[after], metric, value[after][metric] - value[before][metric],
              drawn[after][metric] - drawn[before][metric], resamples.n)
        for before, after in pairs
        for metric in metrics
    ]  # fmt: skip
    compared = [(metric, before, after) for before, after in pairs for metric in metrics]
    found = tuple(
        Difference(*names, test.value, test.interval, test.p, p_holm, test.detectable)
        for names, test, p_holm in zip(compared, tests, holm([test.p for test in tests]), strict=True)
    )
    return Differences(resamples.n, reached, found)


@dataclass(frozen=True)
class _Test:
    """A difference before Holm's correction; fields as in `Difference`."""

    value: float
    interval: Interval
    p: float
    detectable: float | None


def _test(before: Judged, after: Judged, metric: str, value: float, drawn: np.ndarray, n: int) -> _Test:
    """Test one difference; drawn: its bootstrap draws, [draws]."""
    error = standard_error(drawn, n)
    detectable = _QUANTILES * error if error else None
    if not error or not (isinstance(before, CrossFit) or isinstance(after, CrossFit)):
        p = permutation_p(ranks_of_judged(before), ranks_of_judged(after), metric)
        return _Test(value, interval(drawn, n), p, detectable)
    from scipy.special import stdtr, stdtrit  # late, as in `core.analysis.bootstrap`

    half = error * float(stdtrit(n - 1, (1 + LEVEL) / 2))
    return _Test(value, Interval(value - half, value + half), 2 * float(stdtr(n - 1, -abs(value) / error)), detectable)


#: Standard errors between zero and a difference that is detectable: two-sided at 5 %, with 80 % power.
_QUANTILES = NormalDist().inv_cdf(1 - LEVEL_OF_TESTS / 2) + NormalDist().inv_cdf(POWER)


def standard_error(drawn: np.ndarray, n: int) -> float:
    """Return the bootstrap's standard error from draws over n articles; 0 if nothing varies or n is 1."""
    if n == 1 or np.ptp(drawn) < _SAME:
        return 0.0
    return float(drawn.std(ddof=1) * np.sqrt(n / (n - 1)))


_SAME = 1e-12  # sums of the same numbers in another order


def permutation_p(before: np.ndarray, after: np.ndarray, metric: str) -> float:
    """Return the two-sided p of the difference in a metric between two rankings, int [n]; 1 if no value differs.

    For means, only articles with different values matter, so the others are left out. For recalls (zeros and ones) all
    swaps together follow a binomial distribution, so p is exact (McNemar's exact test).
    """
    from scipy import stats

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


def curve_bands(ranks: np.ndarray, metric: str) -> tuple[np.ndarray, np.ndarray]:
    """Return pointwise 95 % intervals of a metric at each α, (low, high) [A] each, from ranks int [A, n]."""
    return bands(bootstrap_curve(ranks, metric), ranks.shape[1])


def curve_differences(ranks: np.ndarray, metric: str, rows: Sequence[int]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return paired pointwise 95 % intervals of the differences from the α of each of `rows`: (low, high) [A] each."""
    drawn = bootstrap_curve(ranks, metric)
    return [bands(drawn - drawn[:, [row]], ranks.shape[1]) for row in rows]


def curve_significance(ranks: np.ndarray, metrics: Sequence[str], rows: Sequence[int]) -> np.ndarray:
    """Return which differences of an α from those of `rows` are significant, bool [metrics, rows, A].

    p is corrected (Holm) over all differences at one α, because a page shows these together. A hundred α are too many
    for permutations: p is McNemar's exact one for recalls, else that of a paired t test. ranks: int [A, n]. metrics:
    those that are means over articles.
    """
    p_values = np.array([[_curve_p(ranks, metric, row) for row in rows] for metric in metrics])
    corrected = [holm(at_alpha) for at_alpha in p_values.reshape(-1, len(ranks)).T.tolist()]
    found = [[is_significant(p) for p in at_alpha] for at_alpha in corrected]
    return np.array(found).T.reshape(p_values.shape)


def _curve_p(ranks: np.ndarray, metric: str, row: int) -> np.ndarray:
    """Return the p of the difference of each α from the α of `row`, [A]."""
    from scipy import stats  # late, as in `core.analysis.bootstrap`

    n = ranks.shape[1]
    gained = values_of(ranks, metric) - values_of(ranks[row], metric)
    changed = (gained != 0).sum(axis=1)
    if METRICS[metric].is_binary:
        fewer = np.minimum((gained > 0).sum(axis=1), (gained < 0).sum(axis=1))
        return np.minimum(1.0, 2 * stats.binom.cdf(fewer, np.maximum(changed, 1), 0.5))
    if n == 1:
        return np.ones(len(ranks))
    error = gained.std(axis=1, ddof=1) / np.sqrt(n)
    p = 2 * stats.t.sf(np.abs(gained.mean(axis=1)) / np.where(error > 0, error, np.inf), n - 1)
    return np.where(error > 0, p, 1.0)


def bootstrap_curve(ranks: np.ndarray, metric: str) -> np.ndarray:
    """Return the metric of each bootstrap draw at each α: [draws, A]."""
    resamples = Resamples(ranks.shape[1])
    if METRICS[metric].average == "median":
        return np.stack([resamples.medians(values_of(row, metric)) for row in ranks], axis=1)
    return resamples.means(values_of(ranks, metric).T)
