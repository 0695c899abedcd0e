"""Sentences of the slices section: significant slices, and whether the paper's claims hold."""

import pytest

from core.analysis.bootstrap import Interval
from core.analysis.slices import Effect, Slice
from core.findings.slices import PAIRS, SplitSlices, papers_claims, significant_slices


def _slice(name: str, change: float, against: float, p: float, p_holm: float = 1.0, n: int = 50) -> Slice:
    """Return a slice that changes from fine-tuned to WiSE-FT as given, and not before."""
    still = Effect(*PAIRS[0], 0.0, Interval(-0.01, 0.01), 0.0, Interval(-0.01, 0.01), 1.0, 1.0)
    own, others = (Interval(value - 0.01, value + 0.01) for value in (change, against))
    return Slice(name, n, {}, (still, Effect(*PAIRS[1], change, own, against, others, p, p_holm)))


def _split(*slices: Slice) -> SplitSlices:
    return SplitSlices(200, slices, {})


@pytest.mark.parametrize(
    ("people", "scenes", "verdict"),
    [
        ((-0.03, -0.04, 0.001), (0.03, 0.04, 0.001), "is confirmed here"),
        ((-0.03, -0.04, 0.001), (0.03, 0.04, 0.2), "is confirmed in part"),
        ((-0.03, -0.04, 0.03), (0.03, 0.04, 0.2), "is not confirmed"),  # 0.03 of two claims is 0.06
        ((0.03, 0.04, 0.001), (-0.03, -0.04, 0.001), "is not confirmed"),
        ((-0.03, 0.04, 0.001), (0.03, -0.04, 0.001), "is not confirmed"),  # all lose, or gain, and these less
        ((0.001, 0.04, 0.001), (0.001, 0.04, 0.001), "is not confirmed"),  # more than others, but no gain
    ],
)
def test_the_papers_claim_is_confirmed_if_both_parts_hold(people, scenes, verdict) -> None:
    judged = _split(_slice("mentions a person", *people), _slice("mentions no name", *scenes))
    assert verdict in papers_claims(judged)


def test_headlines_are_preferred_to_whole_texts() -> None:
    judged = _split(
        _slice("mentions a person", 0.03, 0.04, 0.001),
        _slice("headline names a person", -0.03, -0.04, 0.001),
        _slice("headline names no name", 0.03, 0.04, 0.001),
    )
    claims = papers_claims(judged)
    assert "is confirmed here" in claims
    assert "'headline names a person' loses" in claims


def test_claims_about_too_few_articles_are_not_judged() -> None:
    claims = papers_claims(_split(_slice("length: up to 9 words", 0.1, 0.1, 0.001)))
    assert claims.count("too few for a test") == 2
    assert "confirmed" not in claims


def test_a_claim_whose_interval_excludes_zero_names_holm() -> None:
    judged = _split(_slice("mentions a person", -0.03, -0.04, 0.03), _slice("mentions no name", 0.03, 0.04, 0.2))
    claims = papers_claims(judged)
    assert "Holm's correction does: p rises from 0.03 to 0.06" in claims
    assert "p = 0.2, even before Holm's correction" in claims


def test_significant_slices_are_named_with_their_n_the_surest_first() -> None:
    judged = _split(
        _slice("planted: a", 0.1, 0.2, 0.002, 0.02, n=31),
        _slice("planted: b", -0.1, -0.2, 0.001, 0.01, n=32),
        _slice("planted: c", 0.1, 0.2, 0.02, 0.2),
    )
    first, second = significant_slices(judged).split(" From fine-tuned to WiSE-FT")

    assert "no slice is distinguishable" in first
    assert "(3 compared)" in first
    assert second.index("planted: b (n = 32) less: −0.200") < second.index("planted: a (n = 31) more: +0.200")
    assert "planted: c" not in second
