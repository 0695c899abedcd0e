"""Numbers and recurring phrases of sections."""

import pytest

from core.analysis.bootstrap import Interval
from core.presentation.wording import about_articles, correction_note, rounded_n


@pytest.mark.parametrize(
    ("n", "shown"),
    [
        (2, "2"),
        (79, "79"),
        (451, "460"),
        (700, "700"),
        (3_899, "3,900"),
        (99_999, "100,000"),
        (100_000, "100,000"),
        (100_001, "more than 100,000"),
        (8_551_376, "more than 100,000"),
    ],
)
def test_required_numbers_have_two_digits_and_a_cap(n: int, shown: str) -> None:
    assert rounded_n(n) == shown


def test_articles_are_about_as_many_or_more_than_the_cap() -> None:
    assert about_articles(451) == "about 460 articles"
    assert about_articles(8_551_376) == "more than 100,000 articles"


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
