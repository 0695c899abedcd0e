"""α for articles without ground truth: criteria that need none, and their regret over periods that have it.

A criterion recommends one α for all articles of a period. Its regret is METRIC at the α that the period's own ground
truth would have chosen, minus METRIC at the recommended α. The α that labels choose afterwards is the best of many, so
even a perfect criterion has some regret; α* of the earlier articles and a constant show how much is usual.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.analysis.bootstrap import Interval, Resamples, interval
from core.analysis.headroom import METRIC, dawin, rows_at
from core.analysis.rolling_origin import NextAlphas, OriginRanks
from core.analysis.significance import holm, permutation_p
from core.evaluation.metrics import values_of

#: The criterion of `submit --alpha label-free`.
MEAN_WEIGHT = "mean λ of DaWin"
SHARP_WEIGHT = "mean λ of DaWin, an eighth of the temperature"
EARLIER = "α* of earlier articles"
HALF = "always 0.5"
#: A regret up to this is small: in a hundred articles, one that falls from the first place to the second.
SMALL_REGRET = 0.005


def recommend(
    alphas: Sequence[float], entropies: np.ndarray, highest: np.ndarray, margin: np.ndarray
) -> dict[str, float]:
    """Return the α that each criterion recommends for n articles.

    alphas: [A], from 0 to 1. entropies: [A, T, n], of a softmax over the gallery at T temperatures; highest: [A, n],
    the best score; margin: [A, n], the best minus the second.
    """
    weights = dawin(entropies[0], entropies[-1]).mean(axis=1)
    return {
        MEAN_WEIGHT: float(weights[0]),
        SHARP_WEIGHT: float(weights[-1]),
        "lowest mean entropy": alphas[int(entropies[:, 0].mean(axis=1).argmin())],
        "highest mean best score": alphas[int(highest.mean(axis=1).argmax())],
        "largest mean margin": alphas[int(margin.mean(axis=1).argmax())],
        HALF: 0.5,
    }


@dataclass(frozen=True)
class CriterionRegret:
    """A criterion over all periods together.

    alphas: recommended for each period. regrets: in each period; regret: the mean over all articles, with its interval.
    difference: METRIC at its α minus METRIC at α* of the earlier articles, with interval and p; None for that itself.
    """

    name: str
    alphas: tuple[float, ...]
    regrets: tuple[float, ...]
    regret: float
    interval: Interval
    difference: float | None
    difference_interval: Interval | None
    p_holm: float | None

    @property
    def share_small(self) -> float:
        """Share of the periods with a small regret."""
        return float(np.mean([regret <= SMALL_REGRET for regret in self.regrets]))


def backtest(origins: Sequence[OriginRanks]) -> tuple[CriterionRegret, ...]:
    """Compare all criteria over the period after each training; empty without an origin."""
    periods = [(origin.alpha, origin.next_alphas) for origin in origins if origin.next_alphas is not None]
    if not periods:
        return ()
    names = [EARLIER, *periods[0][1].recommended]
    alphas = {
        name: [earlier if name == EARLIER else period.recommended[name] for earlier, period in periods]
        for name in names
    }
    at = {
        name: [_ranks_at(period, alpha) for (_, period), alpha in zip(periods, alphas[name], strict=True)]
        for name in names
    }
    best = [period.ranks[values_of(period.ranks, METRIC).mean(axis=1).argmax()] for _, period in periods]
    ranks = {name: np.concatenate(parts) for name, parts in at.items()}
    tests = holm([permutation_p(ranks[EARLIER], ranks[name], METRIC) for name in names[1:]])
    found = []
    for name, p_holm in zip(names, [None, *tests], strict=True):
        regrets = tuple(_lost(*both) for both in zip(best, at[name], strict=True))
        regret, within = _mean(ranks[name], np.concatenate(best))
        against = None if name == EARLIER else _mean(ranks[EARLIER], ranks[name])
        difference, difference_interval = against or (None, None)
        found.append(
            CriterionRegret(name, tuple(alphas[name]), regrets, regret, within, difference, difference_interval, p_holm)
        )
    return tuple(found)


def _ranks_at(period: NextAlphas, alpha: float) -> np.ndarray:
    return np.asarray(period.ranks[int(rows_at(np.array(period.alphas), np.array(alpha)))])


def _lost(best: np.ndarray, ranks: np.ndarray) -> float:
    return float((values_of(best, METRIC) - values_of(ranks, METRIC)).mean())


def _mean(before: np.ndarray, after: np.ndarray) -> tuple[float, Interval]:
    """Return the mean gain from `before` to `after`, ranks int [n], with its interval."""
    gained = values_of(after, METRIC) - values_of(before, METRIC)
    return float(gained.mean()), interval(Resamples(len(gained)).means(gained), len(gained))
