"""What the slices' section says: what stands out, and whether the paper's reading holds."""

import pytest

from core.analysis.bootstrap import Interval
from core.analysis.slices import Effect, Slice
from core.findings.slices import PAIRS, SplitSlices, papers_reading, standing_out


def _slice(name: str, change: float, against: float, p: float, p_holm: float = 1.0, n: int = 50) -> Slice:
    """From fine-tuned to WiSE-FT so; before that nothing happened."""
    still = Effect(*PAIRS[0], 0.0, Interval(-0.01, 0.01), 0.0, Interval(-0.01, 0.01), 1.0, 1.0)
    own, others = (Interval(value - 0.01, value + 0.01) for value in (change, against))
    return Slice(name, n, {}, (still, Effect(*PAIRS[1], change, own, against, others, p, p_holm)))


def _split(*slices: Slice) -> SplitSlices:
    return SplitSlices(200, slices, {})


@pytest.mark.parametrize(
    ("people", "scenes", "verdict"),
    [
        ((-0.03, -0.04, 0.001), (0.03, 0.04, 0.001), " shows: "),
        ((-0.03, -0.04, 0.001), (0.03, 0.04, 0.2), " shows in part: "),
        ((-0.03, -0.04, 0.03), (0.03, 0.04, 0.2), " does not show: "),  # 0.03 of two claims is 0.06
        ((0.03, 0.04, 0.001), (-0.03, -0.04, 0.001), " does not show: "),
        ((-0.03, 0.04, 0.001), (0.03, -0.04, 0.001), " does not show: "),  # all lose, or gain, and these less
        ((0.001, 0.04, 0.001), (0.001, 0.04, 0.001), " does not show: "),  # more than others, but no gain
    ],
)
def test_the_papers_reading_holds_where_both_claims_do(people, scenes, verdict) -> None:
    judged = _split(_slice("mentions a person", *people), _slice("mentions no name", *scenes))
    assert verdict in papers_reading(judged)


def test_headlines_say_what_news_is_about_where_there_are_any() -> None:
    judged = _split(
        _slice("mentions a person", 0.03, 0.04, 0.001),
        _slice("headline names a person", -0.03, -0.04, 0.001),
        _slice("headline names no name", 0.03, 0.04, 0.001),
    )
    assert " shows: 'headline names a person' loses" in papers_reading(judged)


def test_claims_about_too_few_articles_are_not_judged() -> None:
    said = papers_reading(_split(_slice("length: up to 9 words", 0.1, 0.1, 0.001)))
    assert said.count("cannot be judged") == 2
    assert "show" not in said


def test_what_stands_out_is_named_with_its_n_the_surest_first() -> None:
    judged = _split(
        _slice("planted: a", 0.1, 0.2, 0.002, 0.02, n=31),
        _slice("planted: b", -0.1, -0.2, 0.001, 0.01, n=32),
        _slice("planted: c", 0.1, 0.2, 0.02, 0.2),
    )
    said = standing_out(judged)

    assert "From zero-shot to fine-tuned no slice can be told from the other articles (3 compared)." in said
    assert said.index("planted: b (n = 32) less: −0.200") < said.index("planted: a (n = 31) more: +0.200")
    assert "planted: c" not in said
