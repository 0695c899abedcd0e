"""Pareto-optimal points, and gains over both ends beyond chance."""

import numpy as np
import pandas as pd

from core.analysis.significance import curve_differences
from core.analysis.trade_off import pareto, with_intervals
from core.presentation.trade_off_charts import joined, trade_off_sentences


def test_a_point_is_optimal_unless_another_is_at_least_as_good_in_both():
    own = np.array([1.0, 2.0, 3.0, 3.0, 2.0])
    control = np.array([3.0, 2.0, 1.0, 0.5, 2.0])
    assert pareto(own, control).tolist() == [True, True, True, False, True], "equal points do not exclude each other"
    assert pareto(np.array([0.3, 0.1 + 0.2]), np.ones(2)).all(), "the last digit of a sum is no difference"


def traced(middle: int) -> pd.DataFrame:
    """Return a curve of three α: 40 articles have rank `middle` at 0.5 and rank 2 at both ends."""
    ranks = np.full((3, 40), 2)
    ranks[1] = middle
    curve = pd.DataFrame({"alpha": [0.0, 0.5, 1.0], "n": 40, "mrr@100": (1 / ranks).mean(axis=1)})
    return with_intervals(curve, ranks, ["mrr@100"])


def test_the_gain_is_over_the_better_end():
    ranks = np.random.default_rng(0).integers(1, 9, (3, 50))
    curve = pd.DataFrame({"alpha": [0.0, 0.5, 1.0]})
    gain = with_intervals(curve, ranks, ["mrr@100"])["mrr@100_gain"]
    (from_first, _), (from_last, _) = curve_differences(ranks, "mrr@100", [0, 2])
    assert np.allclose(gain, np.minimum(from_first, from_last))
    assert gain.iloc[0] <= 0 >= gain.iloc[-1]


def test_the_sentences_name_the_alphas():
    both = joined(traced(1), traced(1), "mrr@100")
    assert both["optimal"].tolist() == [False, True, False]
    sentences = trade_off_sentences(both, "mrr@100", ("mine", "theirs"))
    assert "At α = 0.5" in sentences
    assert "Pareto-optimal: α = 0.5." in sentences
    both = joined(traced(1), traced(3), "mrr@100")
    sentences = trade_off_sentences(both, "mrr@100", ("mine", "theirs"))
    assert sentences.startswith("No α")
    assert "Pareto-optimal: 3 of 3 α, from 0 to 1." in sentences
