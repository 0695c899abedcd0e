"""One α per article: what an oracle would gain, how much of it is luck, and what rules without ground truth reach.

A rule gives each article its own α; its rank there comes from the sweep's ranks. Everything that a rule chooses with
ground truth (one α, a centre, a temperature, the weights of a selector) is chosen on the other folds of the articles.

- DaWin (Oh et al. 2025): λ = exp(−H_ft) / (exp(−H_zs) + exp(−H_ft)), with the entropies H of both ends.
- VRF (Zhu et al. 2024): the nearer to the training articles that only the fine-tuned model solves, the larger α.
- Margin: the end whose best image is further ahead of the second gets the larger share.
- Selector: a ridge regression of the gain at each α on all signals.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.analysis.bootstrap import Interval, Resamples, interval
from core.analysis.significance import holm, permutation_p
from core.evaluation.metrics import values_of

METRIC = "mrr@100"
FOLDS = 10
#: Standard deviation of α among the articles for rules that only order them; DaWin's own is about this at temperatures
#: at which its λ differ at all.
SPREAD = 0.2
#: Temperatures of the entropies, as shares of the one that training ended with. CLIP learns about 1/100; at the 1/8 of
#: the built-in encoders a softmax over hundreds of images is nearly uniform, and DaWin's λ hardly differ.
SHARES = (1.0, 1 / 2, 1 / 4, 1 / 8)
CENTRES = np.arange(21) / 20
#: α of the selector: with more, it fits the noise of neighbouring α.
SELECTED_FROM = np.arange(11) / 10
#: The control gives the α of DaWin to other articles; the mean of so many shuffles.
SHUFFLES = 20
ONE_ALPHA, SHUFFLED = "one α", "DaWin, shuffled among the articles"
BEST_OF_ENDS, BEST_OF_ALL = "oracle, the better end", "oracle, the best α"


@dataclass(frozen=True)
class Signals:
    """What both ends show of n articles without their ground truth.

    entropies: float64 [T, 2, n], of the softmax over the gallery at each of T temperatures, in nats; the second axis is
    (zero-shot, fine-tuned). highest: [2, n], the best score; margin: [2, n], the best minus the second. failure: [n],
    the distance to the zero-shot failures of train; None if it was not computed.
    """

    entropies: np.ndarray
    highest: np.ndarray
    margin: np.ndarray
    failure: np.ndarray | None

    @property
    def weights(self) -> np.ndarray:
        """DaWin's λ at each temperature: [T, n]."""
        return dawin(self.entropies[:, 0], self.entropies[:, 1])

    @property
    def features(self) -> np.ndarray:
        """All signals, standardised: [n, p]."""
        found = [*self.entropies[0], *self.entropies[-1], *self.highest, *self.margin]
        if self.failure is not None:
            found.append(self.failure)
        return np.stack([standardised(signal) for signal in found], axis=1)


@dataclass(frozen=True)
class RuleValue:
    """METRIC of a way to choose α, and its difference to one α.

    mean, spread: of the α of the articles. p, p_holm: of a permutation test; None for oracles and the control, which
    are no rules that one could use.
    """

    name: str
    mean: float
    spread: float
    value: float
    difference: float
    interval: Interval
    p: float | None
    p_holm: float | None


@dataclass(frozen=True)
class Luck:
    """The gain of an oracle over one α, and the part that chance gives.

    gain: of n articles. by_chance: mean gain of the same oracle for unrelated images (`luck_of`). beyond: gain −
    by_chance.
    """

    oracle: str
    n: int
    gain: float
    by_chance: float
    beyond: float
    interval: Interval


@dataclass(frozen=True)
class Headroom:
    """All rules on n articles, and the luck of both oracles; empty if it was not estimated."""

    n: int
    rules: tuple[RuleValue, ...]
    luck: tuple[Luck, ...]

    def of(self, name: str) -> RuleValue:
        """Return the values of a rule. Raises StopIteration if there is none."""
        return next(rule for rule in self.rules if rule.name == name)

    @property
    def usable(self) -> list[RuleValue]:
        """The rules that need no ground truth of the article."""
        return [rule for rule in self.rules if rule.p is not None]


def dawin(zero_shot: np.ndarray, fine_tuned: np.ndarray) -> np.ndarray:
    """Return DaWin's λ, the share of the fine-tuned weights, from the entropies of both ends in nats."""
    return 1.0 / (1.0 + np.exp(fine_tuned - zero_shot))


def standardised(signal: np.ndarray) -> np.ndarray:
    """Return `signal` with mean 0 and standard deviation 1; zeros if it does not vary."""
    spread = signal.std()
    return (signal - signal.mean()) / spread if spread > 0 else np.zeros(len(signal))


def rows_at(alphas: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the rows of the swept `alphas`, [A] rising, that are nearest to `wanted`, limited to 0 to 1."""
    wanted = np.clip(wanted, 0.0, 1.0)
    right = np.searchsorted(alphas, wanted).clip(1, len(alphas) - 1)
    return np.where(wanted - alphas[right - 1] <= alphas[right] - wanted, right - 1, right)


def folds_of(n: int) -> np.ndarray:
    """Return the fold of each article at random, int [n]; equal in every call."""
    return np.random.default_rng(0).permutation(n) % min(FOLDS, n)


def chosen_by_others(candidates: np.ndarray) -> np.ndarray:
    """Return for each article the candidate that is best on the other folds, int [n].

    candidates: float64 [C, n], METRIC of each article under each candidate. Of equally good ones the first.
    """
    folds = folds_of(candidates.shape[1])
    chosen = np.empty(len(folds), dtype=np.int64)
    for fold in range(folds.max() + 1):
        others = candidates[:, folds != fold].mean(axis=1) if folds.max() else np.zeros(len(candidates))
        chosen[folds == fold] = np.round(others, 9).argmax()  # sums in another order differ behind nine digits
    return chosen


def one_alpha(ranks: np.ndarray) -> np.ndarray:
    """Return the row of the one α that judges each article, chosen on the other folds: int [n]; ranks: int [A, n]."""
    return chosen_by_others(values_of(ranks, METRIC))


def rows_of_oracle(alphas: np.ndarray, single: np.ndarray) -> np.ndarray:
    """Return the rows that the oracles choose from: 0, 0.05, … 1 or the nearest swept α, and `single`; rising."""
    return np.unique([*rows_at(alphas, CENTRES), *single])


def select(gains: np.ndarray, features: np.ndarray) -> np.ndarray:
    """Return for each article the row that a ridge regression, fitted on the other folds, expects to be best: int [n].

    gains: float64 [C, n], METRIC at C α. features: [n, p], standardised. The regression predicts how far an article is
    from the mean at each α. Its penalty is the number of articles, which halves coefficients of independent features.
    """
    folds, n = folds_of(gains.shape[1]), gains.shape[1]
    chosen = np.zeros(n, dtype=np.int64)
    for fold in range(folds.max() + 1):
        fit, judged = folds != fold, folds == fold
        if not fit.any():
            break
        mean, x = gains[:, fit].mean(axis=1), features[fit]
        coefficients = np.linalg.solve(x.T @ x + fit.sum() * np.eye(x.shape[1]), x.T @ (gains[:, fit].T - mean))
        chosen[judged] = (mean + features[judged] @ coefficients).argmax(axis=1)
    return chosen


def compare_rules(ranks: np.ndarray, alphas: np.ndarray, signals: Signals) -> Headroom:
    """Compare all rules on the articles of one split; ranks: int [A, n] at `alphas` [A], rising from 0 to 1."""
    n = ranks.shape[1]
    columns, gains = np.arange(n), values_of(ranks, METRIC)
    single = one_alpha(ranks)

    def of_candidates(wanted: np.ndarray) -> np.ndarray:
        """Return the rows, int [n], of the best on other folds of the candidates `wanted`, α [C, n]."""
        rows = rows_at(alphas, wanted)
        return rows[chosen_by_others(gains[rows, columns]), columns]

    def around(*scores: np.ndarray) -> np.ndarray:
        return of_candidates(np.concatenate([CENTRES[:, None] + SPREAD * standardised(score) for score in scores]))

    lambdas, generator = signals.weights, np.random.default_rng(0)
    usable = {
        "DaWin": rows_at(alphas, lambdas[0]),
        "DaWin, temperature chosen": of_candidates(lambdas),
        "DaWin, centred": around(*lambdas),
        "margin": around(standardised(signals.margin[1]) - standardised(signals.margin[0])),
    }
    if signals.failure is not None:
        usable["VRF"] = around(-signals.failure)
    tenths = rows_at(alphas, SELECTED_FROM)
    usable["selector"] = tenths[select(gains[tenths], signals.features)]
    grid = rows_of_oracle(alphas, single)
    shuffled = np.stack([around(*generator.permuted(lambdas, axis=1)) for _ in range(SHUFFLES)])
    bounds = {
        SHUFFLED: shuffled,
        BEST_OF_ENDS: np.where(gains[-1] > gains[0], len(alphas) - 1, 0)[None],
        BEST_OF_ALL: grid[gains[grid].argmax(axis=0)][None],
    }
    p_values = [permutation_p(ranks[single, columns], ranks[rows, columns], METRIC) for rows in usable.values()]
    tests = dict(zip(usable, zip(p_values, holm(p_values), strict=True), strict=True))
    rules = [(ONE_ALPHA, single[None]), *((name, rows[None]) for name, rows in usable.items()), *bounds.items()]
    before = gains[single, columns]
    return Headroom(n, tuple(_value(name, rows, alphas, gains, before, tests.get(name)) for name, rows in rules), ())


def _value(
    name: str,
    rows: np.ndarray,
    alphas: np.ndarray,
    gains: np.ndarray,
    before: np.ndarray,
    test: tuple[float, float] | None,
) -> RuleValue:
    values = gains[rows, np.arange(gains.shape[1])].mean(axis=0)
    gained, chosen = values - before, alphas[rows]
    within = interval(Resamples(len(gained)).means(gained), len(gained))
    p, p_holm = test or (None, None)
    return RuleValue(
        name, float(chosen.mean()), float(chosen.std(axis=1).mean()), float(values.mean()), float(gained.mean()),
        within, p, p_holm,
    )  # fmt: skip


def luck_of(own: np.ndarray, single: np.ndarray, others: Sequence[np.ndarray]) -> tuple[Luck, ...]:
    """Return the luck of both oracles.

    The best of many α gains even if an article's rank moves at random, because the best of any fluctuating curve lies
    above its value at one point. The null keeps the fluctuation and removes the relation between text and image: where
    an article has its own image in place r at the one α, another article is drawn, and the image in its place r takes
    the part of the own image. Its curve starts in the same place, under the same models and against the same gallery,
    but it holds no relation of text and image that a rule could use. Places must be equal because a gain in 1/rank is
    bounded by 1 − 1/r. Unrelated images that stand high at one α fall back at others more than own images, so luck is
    rather under- than overestimated.

    own: int [A, n], ranks of the own images. single: int [n], the row of the one α of each article. others: one array
    int [A, m_i] for each article, ranks of the m_i unrelated images; articles with none are left out. All at the same
    A values of α (`rows_of_oracle`).
    """
    known = np.array([article for article, ranks in enumerate(others) if ranks.shape[1]], dtype=np.int64)
    if not len(known):
        return ()
    found = []
    for oracle, rows in ((BEST_OF_ENDS, [0, -1]), (BEST_OF_ALL, slice(None))):
        gain = np.array([_oracle_gain(own[:, [article]], single[article], rows) for article in known])
        chance = np.array([_oracle_gain(others[article], single[article], rows) for article in known])
        beyond = gain - chance
        within = interval(Resamples(len(known)).means(beyond), len(known))
        means = float(gain.mean()), float(chance.mean()), float(beyond.mean())
        found.append(Luck(oracle, len(known), *means, within))
    return tuple(found)


def _oracle_gain(ranks: np.ndarray, single: int, rows: slice | list[int]) -> float:
    """Return the mean gain of the best of `rows` over row `single`, from ranks int [A, m]."""
    values = values_of(ranks, METRIC)
    return float((values[rows].max(axis=0) - values[single]).mean())
