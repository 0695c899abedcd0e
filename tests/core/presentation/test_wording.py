"""Numbers and recurring phrases of sections."""

from dataclasses import replace

import pytest

from core.analysis.bootstrap import Interval
from core.analysis.significance import Difference
from core.presentation.wording import correction_note, detectable_text


def test_a_detectable_difference_is_stated_and_none_is_not() -> None:
    found = Difference("recall@1", "a", "b", 0.01, Interval(0, 0.02), 0.2, 0.4, 0.0234)
    assert "0.023" in detectable_text(found)
    assert detectable_text(replace(found, detectable=None)) == ""


APART, AROUND_ZERO = Interval(0.001, 0.02), Interval(-0.01, 0.02)


@pytest.mark.parametrize(("interval", "p", "p_holm"), [(APART, 0.001, 0.008), (AROUND_ZERO, 0.04, 0.3)])
def test_nothing_is_explained_where_interval_and_verdict_agree(interval: Interval, p: float, p_holm: float) -> None:
    assert correction_note(interval, p, p_holm, "8 metrics") == ""


def test_an_interval_without_zero_that_is_not_significant_is_explained() -> None:
    by_holm = correction_note(APART, 0.02, 0.16, "8 metrics")
    assert "Holm" in by_holm
    assert "8 metrics" in by_holm
    assert "from 0.02 to 0.16" in by_holm
    by_test = correction_note(APART, 0.07, 0.56, "8 metrics")
    assert "p = 0.07" in by_test
    assert "rises" not in by_test
