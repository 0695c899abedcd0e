"""WiSE-FT judged on articles that did not choose its α, from the ranks of a sweep.

α* is the best of many α on val. On the articles that chose it, its gain is too large: part of it is luck. Cross-fitting
removes that. The articles are cut into folds at random; each fold is judged at the α that the other folds choose by
the sweep's rule. The result is one rank for each article, which every analysis of ranks can use. No model is needed.

The choice is made again in every bootstrap draw, with all copies of an article in its fold. Intervals and p therefore
include the chance in the choice. `benchmarks/statistics.py` measures what both repair.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.analysis.bootstrap import Resamples
from core.evaluation.metrics import METRICS, oriented, values_of

#: With 10, α is chosen on 90 % of the articles. 5 and 20 gave the same mean in simulations.
FOLDS = 10
_DIGITS = 9  # sums of floats in another order differ behind them, and equal α must tie


@dataclass(frozen=True, eq=False)
class CrossFit:
    """WiSE-FT at the α that other articles choose. curve: ranks int [A, n], α rising, n at least 1."""

    curve: np.ndarray
    criterion: str

    @cached_property
    def folds(self) -> np.ndarray:
        """The fold of each article, int [n]; the same in every call."""
        n = self.curve.shape[1]
        return np.random.default_rng(0).permutation(n) % min(FOLDS, n)

    @cached_property
    def places(self) -> np.ndarray:
        """The row of the α that judges each fold, int [folds]."""
        return self._chosen(np.ones((1, self.curve.shape[1])))[0]

    @property
    def ranks(self) -> np.ndarray:
        """The rank of each article at the α that the other folds choose, int [n]."""
        return self.curve[self.places[self.folds], np.arange(self.curve.shape[1])]

    def drawn(self, resamples: Resamples, metrics: Sequence[str]) -> dict[str, np.ndarray]:
        """Return each metric in each bootstrap draw, [draws], with α chosen again in each."""
        found: dict[str, list[np.ndarray]] = {metric: [] for metric in metrics}
        for counts, ranks in self._drawn_ranks(resamples):
            for metric in metrics:
                found[metric].append(_averages_of_draws(counts, ranks, metric))
        return {metric: np.concatenate(parts) for metric, parts in found.items()}

    def _drawn_ranks(self, resamples: Resamples) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield how often each article was drawn, and its rank in that draw, both [some draws, n]."""
        for counts in resamples.counts():
            chosen = self._chosen(counts)
            yield counts, self.curve[chosen[:, self.folds], np.arange(self.curve.shape[1])]

    def _chosen(self, counts: np.ndarray) -> np.ndarray:
        """Return the row of the α that judges each fold, int [B, folds], from `counts` of the articles, [B, n]."""
        folds = range(self.folds.max() + 1)
        if METRICS[self.criterion].average == "median":  # has no sums by fold: chosen once, and used in every draw
            once = [chosen_place(self.curve[:, self.folds != fold], self.criterion) for fold in folds]
            return np.tile(once, (len(counts), 1))
        by_fold = [self._sums(counts, metric) for metric in (self.criterion, "mrr@100")]
        others = [np.round(sums.sum(axis=0) - sums, _DIGITS) for sums in by_fold]
        return np.stack([best_places(others[0][fold], others[1][fold]) for fold in folds], axis=1)

    def _sums(self, counts: np.ndarray, metric: str) -> np.ndarray:
        """Return the sums of a metric over the drawn articles of each fold, [folds, B, A]; higher is better."""
        values = oriented(values_of(self.curve, metric), metric).T
        members = [self.folds == fold for fold in range(self.folds.max() + 1)]
        return np.stack([counts[:, inside] @ values[inside] for inside in members])


def _averages_of_draws(counts: np.ndarray, ranks: np.ndarray, metric: str) -> np.ndarray:
    """Return the average of a metric over the articles of each draw, [B], from counts and ranks, [B, n]."""
    values, n = values_of(ranks, metric), ranks.shape[1]
    if METRICS[metric].average == "mean":
        return (counts * values).sum(axis=1) / n
    order = values.argsort(axis=1, kind="stable")
    passed = np.take_along_axis(counts, order, axis=1).cumsum(axis=1)
    middle = [(passed >= place).argmax(axis=1)[:, None] for place in ((n + 1) // 2, n // 2 + 1)]
    ordered = np.take_along_axis(values, order, axis=1)
    return np.mean([np.take_along_axis(ordered, place, axis=1)[:, 0] for place in middle], axis=0)


def chosen_place(ranks: np.ndarray, criterion: str) -> int:
    """Return the row of the α that `select_alpha` chooses, from ranks int [A, n], α rising."""
    found = (oriented(_averages(ranks, metric), metric)[None] for metric in (criterion, "mrr@100"))
    return int(best_places(*found)[0])


def _averages(ranks: np.ndarray, metric: str) -> np.ndarray:
    if ranks.shape[1] == 0:
        return np.zeros(len(ranks))
    values = np.sort(values_of(ranks, metric), axis=1)  # floats summed in another order differ in the last digit
    return np.median(values, axis=1) if METRICS[metric].average == "median" else values.mean(axis=1)


def best_places(criterion: np.ndarray, reciprocal: np.ndarray) -> np.ndarray:
    """Return the best column of each row, both [B, A]; ties by the second array, then the first column."""
    candidates = np.where(criterion == criterion.max(axis=1, keepdims=True), reciprocal, -np.inf)
    return candidates.argmax(axis=1)


#: A model in a comparison: its ranks, int [n], or WiSE-FT at an α that is still to be chosen.
Judged = np.ndarray | CrossFit


def ranks_of_judged(model: Judged) -> np.ndarray:
    """Return the rank of each article, int [n]."""
    return model.ranks if isinstance(model, CrossFit) else model


def drawn_values(resamples: Resamples, model: Judged, metrics: Sequence[str]) -> Mapping[str, np.ndarray]:
    """Return each metric of a model in each bootstrap draw, [draws]."""
    if isinstance(model, CrossFit):
        return model.drawn(resamples, metrics)
    found = {}
    for metric in metrics:
        average = resamples.medians if METRICS[metric].average == "median" else resamples.means
        found[metric] = average(values_of(model, metric))
    return found
