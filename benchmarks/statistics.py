"""`python -m benchmarks statistics`: simulations behind the claims about intervals and about the choice of α.

Coverage: how often a 95 % interval of a mean contains the true mean, for metrics of retrieval, drawn from a known
collection. Choice: the gain of WiSE-FT over fine-tuned at α* on the articles that chose it, cross-fitted on them, and
on articles that did not choose, over random halves of the val split of a swept run.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
from scipy import stats
from tabulate import tabulate

from core.analysis.bootstrap import LEVEL, Interval, Resamples, interval
from core.analysis.cross_fit import CrossFit, chosen_place
from core.analysis.significance import differences, permutation_p
from core.evaluation.metrics import values_of
from core.evaluation.models import Model

SIZES = (12, 25, 40, 60, 100, 200, 400)
TRIALS, DRAWS = 1000, 400
METRIC = "mrr@100"


def studentised(values: np.ndarray, seed: int) -> Interval:
    """Return the bootstrap-t interval of a mean (Efron and Tibshirani 1993, section 12.5): values [n]."""
    n = len(values)
    counts = np.concatenate(list(Resamples(n, DRAWS, seed).counts()))
    means = counts @ values / n
    spreads = np.sqrt(np.maximum(counts @ values**2 / n - means**2, 0) * n / (n - 1) / n)
    error = values.std(ddof=1) / np.sqrt(n)
    usable = spreads > 0
    if not usable.any() or not error:
        return Interval(float(values.mean()), float(values.mean()))
    t = (means[usable] - values.mean()) / spreads[usable]
    low, high = np.quantile(t, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(values.mean() - high * error), float(values.mean() - low * error))


def percentile(values: np.ndarray, seed: int) -> Interval:
    """Return the interval that Rematch shows: values [n]."""
    return interval(Resamples(len(values), DRAWS, seed).means(values), len(values))


def collections() -> dict[str, np.ndarray]:
    """Return contributions of articles to a metric in large collections: name → values, float64 [many].

    Ranks are skewed: hard, as zero-shot on many images; easy, half of them right; and a difference of two models that
    agree on most articles.
    """
    generator = np.random.default_rng(5)
    hard = np.exp(generator.uniform(0, np.log(2000), 400_000)).astype(int)
    easy = np.where(
        generator.random(len(hard)) < 0.5, 1, np.exp(generator.uniform(0, np.log(60), len(hard))).astype(int)
    )
    moved = np.maximum(1, hard + np.where(generator.random(len(hard)) < 0.3, generator.integers(-40, 30, len(hard)), 0))
    return {
        "mrr@100, hard": values_of(hard, METRIC),
        "mrr@100, easy": values_of(easy, METRIC),
        "recall@10, hard": values_of(hard, "recall@10"),
        "mrr@100, difference": values_of(moved, METRIC) - values_of(hard, METRIC),
    }


def coverage() -> list[dict[str, str]]:
    """Return a row for each collection and way: the share of intervals that contain the mean, by n."""
    rows = []
    for name, values in collections().items():
        for way in (percentile, studentised):
            row = {"values": name, "interval": way.__name__}
            row |= {f"n = {n}": f"{_covered(values, n, way):.3f}" for n in SIZES}
            rows.append(row)
    return rows


def _covered(values: np.ndarray, n: int, way: Callable[[np.ndarray, int], Interval]) -> float:
    generator, truth = np.random.default_rng(n), float(values.mean())
    found = [way(generator.choice(values, n), trial) for trial in range(TRIALS)]
    return float(np.mean([each.low <= truth <= each.high for each in found]))


def random_halves(ranks: np.ndarray, criterion: str, halves: int = 1000) -> dict[str, float]:
    """Return the mean gain over fine-tuned at α chosen on a half: there, cross-fitted there, and on the other half.

    ranks: int [A, n].
    """
    generator, n, gains = np.random.default_rng(0), ranks.shape[1], []
    for _ in range(halves):
        order = generator.permutation(n)
        here, there = ranks[:, order[: n // 2]], ranks[:, order[n // 2 :]]
        chosen = chosen_place(here, criterion)
        fit = CrossFit(here, criterion)
        gains.append([_gain(here, here[chosen]), _gain(here, fit.ranks), _gain(there, there[chosen])])
    means, last = np.mean(gains, axis=0), np.std(np.subtract(*np.transpose(gains)[1:])) / np.sqrt(halves)
    return dict(zip(("at α*", "cross-fitted", "other half"), means.tolist(), strict=True)) | {"error": float(last)}


def _gain(ranks: np.ndarray, judged: np.ndarray) -> float:
    return float((values_of(judged, METRIC) - values_of(ranks[-1], METRIC)).mean())


def choice(ranks: np.ndarray, criterion: str, n: int, trials: int = 200) -> dict[str, float]:
    """Return coverage and false claims at n articles drawn from a run's, cross-fitted and at α*.

    covers: the share of 95 % intervals that contain the mean gain of the procedure. false: the share of p below 5 %
    where no α is better than another, made by shifting each article's ranks along α by a random number of steps.
    """
    generator, pair = np.random.default_rng(1), (Model.FINE_TUNED, Model.WISE_FT)
    population = values_of(ranks, METRIC).mean(axis=1) - values_of(ranks[-1], METRIC).mean()
    intervals, truths, false = [], [], []
    for _ in range(trials):
        drawn = ranks[:, generator.integers(ranks.shape[1], size=n)]
        chosen = chosen_place(drawn, criterion)
        truths.append(population[chosen])
        compare = partial(differences, pairs=[pair], metrics=[METRIC])
        fitted, naive = (
            compare({pair[0]: drawn[-1], pair[1]: model}).differences[0].interval
            for model in (CrossFit(drawn, criterion), drawn[chosen])
        )
        intervals.append((fitted, naive))
        steps = (np.arange(len(drawn))[:, None] + generator.integers(len(drawn), size=n)) % len(drawn)
        null = drawn[steps, np.arange(n)]
        null_p = compare({pair[0]: null[-1], pair[1]: CrossFit(null, criterion)}).differences[0].p
        false.append((null_p < 0.05, permutation_p(null[-1], null[chosen_place(null, criterion)], METRIC) < 0.05))
    truth = float(np.mean(truths))
    covered = np.mean([[each.low <= truth <= each.high for each in both] for both in intervals], axis=0)
    rates = np.mean(false, axis=0)
    names = ("covers, cross-fitted", "covers, at α*", "false, cross-fitted", "false, at α*")
    return dict(zip(names, [*covered.tolist(), *rates.tolist()], strict=True))


def report(ranks: np.ndarray | None, criterion: str) -> str:
    """Return the tables as text. ranks: of the val split of a swept run, int [A, n]; None for coverage only."""
    error = stats.binom.std(TRIALS, LEVEL) / TRIALS
    parts = [
        f"Share of 95 % intervals that contain the mean ({TRIALS} trials, standard error {error:.3f}):",
        tabulate(coverage(), headers="keys", disable_numparse=True),
    ]
    if ranks is not None:
        halves = random_halves(ranks, criterion)
        parts.append(f"Gain of WiSE-FT over fine-tuned in {METRIC} over random halves of {ranks.shape[1]} articles:")
        parts.append(tabulate([halves], headers="keys", floatfmt="+.4f"))
        rows = [{"n": n} | choice(ranks, criterion, n) for n in (100, 300)]
        parts.append(tabulate(rows, headers="keys", floatfmt=".3f"))
    return "\n\n".join(parts)
