"""The tolerance for what is quicker than the reference."""

import numpy as np
import pytest

from core.evaluation.agreement import Disagreement, disagreement, worst


def test_what_differs_is_counted():
    reference = np.array([1, 10, 11, 200])
    assert disagreement(reference, reference) == Disagreement(0.0, 0.0, 0.0)
    apart = disagreement(np.array([2, 11, 10, 150]), reference)
    assert apart.mrr_100 == pytest.approx(abs(1 / 2 + 1 / 11 + 1 / 10 - 1 - 1 / 10 - 1 / 11) / 4)
    assert apart.recall_1 == 0.25
    assert apart.top10_flip_rate == 0.5, "one entered the first ten and one left, which does not cancel out"


def test_the_worst_is_taken_number_by_number():
    assert worst([Disagreement(0.1, 0.0), Disagreement(0.0, 0.2)]) == Disagreement(0.1, 0.2)
    assert worst([Disagreement(0.1, 0.0, 0.2), Disagreement(0.0, 0.2, 0.3)]) == Disagreement(0.1, 0.2, 0.3)


@pytest.mark.parametrize(
    ("mrr", "recall", "n", "within"),
    [(0.001, 0.005, 10_000, True), (0.0011, 0.0, 10_000, False), (0.0, 0.006, 10_000, False), (0.02, 0.02, 50, True)],
)
def test_the_tolerance_is_a_thousandth_or_one_article(mrr: float, recall: float, n: int, within: bool):
    assert Disagreement(mrr, recall).is_within(n) is within
