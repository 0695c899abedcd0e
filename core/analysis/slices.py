"""Slices: the gain from one model to another in a group of articles, compared with all articles outside it.

Fine-tuning changes almost every slice, so the gain of a slice alone says little. The test is about the difference of
differences: the gain inside minus the gain outside, with the interval of two independent bootstraps and p from
shuffling which articles are in the slice. The shuffled statistic is Welch's t, which keeps its level if a slice varies
more than the other articles (Janssen 1997). Holm's correction covers all slices and pairs of models of the table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.analysis.bootstrap import Interval, Resamples, interval
from core.analysis.decision import is_significant
from core.analysis.significance import holm
from core.evaluation.metrics import values_of

METRIC = "mrr@100"
#: Least number of articles inside and outside of a slice; a mean of fewer reciprocal ranks says nothing.
MIN_SLICE = 5
#: More than for a single test: with a hundred slices Holm needs p below 0.0005.
SHUFFLES = 9999
_AT_ONCE = 2**22  # shuffled values in memory, 34 MB


@dataclass(frozen=True)
class Effect:
    """Gain after − before in one slice, and its difference from the gain of the articles outside.

    value, interval: mean gain inside. against, against_interval, p, p_holm: of the gain inside − outside.
    """

    before: str
    after: str
    value: float
    interval: Interval
    against: float
    against_interval: Interval
    p: float
    p_holm: float

    @property
    def is_significant(self) -> bool:
        """Return whether the corrected p is below 5 % (`core.analysis.decision`)."""
        return is_significant(self.p_holm)


@dataclass(frozen=True)
class Slice:
    """A group of n articles. reached: model → mrr@100. effects: one for each pair of models."""

    name: str
    n: int
    reached: dict[str, float]
    effects: tuple[Effect, ...]

    def effect(self, before: str, after: str) -> Effect:
        """Return the effect of one pair of models. Raises StopIteration if there is none."""
        return next(one for one in self.effects if (one.before, one.after) == (before, after))


def compare_slices(
    models: Mapping[str, np.ndarray], pairs: Sequence[tuple[str, str]], members: Mapping[str, np.ndarray]
) -> tuple[Slice, ...]:
    """Compare every slice with at least MIN_SLICE articles inside and outside; the largest first effect comes first.

    models: name → ranks, int [n], of the same articles. pairs: (before, after). members: slice → bool [n].
    """
    members = {name: inside for name, inside in members.items() if min(inside.sum(), (~inside).sum()) >= MIN_SLICE}
    values = {name: values_of(ranks, METRIC) for name, ranks in models.items()}
    gains = {(before, after): values[after] - values[before] for before, after in pairs}
    p_values = {pair: shuffled_p(gain, members) for pair, gain in gains.items()}
    keys = [(pair, name) for pair in gains for name in members]
    corrected = dict(zip(keys, holm([p_values[pair][name] for pair, name in keys]), strict=True))
    found = [
        Slice(
            name,
            int(inside.sum()),
            {model: float(each[inside].mean()) for model, each in values.items()},
            tuple(
                _effect(pair, gain, inside, p_values[pair][name], corrected[pair, name]) for pair, gain in gains.items()
            ),
        )
        for name, inside in members.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.effects[0].against, one.name)))


def _effect(pair: tuple[str, str], gain: np.ndarray, inside: np.ndarray, p: float, p_holm: float) -> Effect:
    value, own, against, both = against_others(gain, inside)
    return Effect(*pair, value, own, against, both, p, p_holm)


def against_others(gain: np.ndarray, inside: np.ndarray) -> tuple[float, Interval, float, Interval]:
    """Return the mean of `gain` [n] inside and inside − outside, each followed by its interval."""
    within, others = gain[inside], gain[~inside]
    drawn = Resamples(len(within)).means(within)
    apart = drawn - Resamples(len(others), seed=1).means(others)  # another seed: the two groups are independent
    return (
        float(within.mean()),
        interval(drawn, len(within)),
        float(within.mean() - others.mean()),
        interval(apart, min(len(within), len(others))),
    )


def shuffled_p(gain: np.ndarray, members: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Return the two-sided p of each slice's mean `gain` [n] against the articles outside; 1 if nothing varies.

    Each shuffle is used for every slice: its first k articles are a random slice of size k.
    """
    generator = np.random.default_rng(0)
    sizes = {name: int(inside.sum()) for name, inside in members.items()}
    observed = {name: _welch(gain[inside].sum(), (gain[inside] ** 2).sum(), sizes[name], gain)
                for name, inside in members.items()}  # fmt: skip
    lower, higher = dict.fromkeys(members, 1), dict.fromkeys(members, 1)
    rows = max(1, _AT_ONCE // len(gain))
    for start in range(0, SHUFFLES, rows):
        shuffled = generator.permuted(np.tile(gain, (min(rows, SHUFFLES - start), 1)), axis=1)
        sums, squares = shuffled.cumsum(axis=1), (shuffled**2).cumsum(axis=1)
        for name, k in sizes.items():
            by_chance = _welch(sums[:, k - 1], squares[:, k - 1], k, gain)
            lower[name] += int((by_chance <= observed[name] + _SAME).sum())
            higher[name] += int((by_chance >= observed[name] - _SAME).sum())
    return {name: min(1.0, 2 * min(lower[name], higher[name]) / (SHUFFLES + 1)) for name in members}


_SAME = 1e-9  # sums of the same numbers in another order


def _welch(total: np.ndarray, squares: np.ndarray, k: int, gain: np.ndarray) -> np.ndarray:
    """Return Welch's t of slices of k articles, from their sums of values and squares, against the rest of `gain`."""
    m = len(gain) - k
    inside, outside = total / k, (gain.sum() - total) / m
    of_inside = np.maximum(0, squares / k - inside**2) / (k - 1)
    of_outside = np.maximum(0, ((gain**2).sum() - squares) / m - outside**2) / (m - 1)
    spread = np.sqrt(of_inside + of_outside)
    return np.where(spread > _SAME, (inside - outside) / np.where(spread > _SAME, spread, 1.0), 0.0)
