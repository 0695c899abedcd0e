"""Sentences about mixes: no claim without support from the interval and the corrected p."""

from dataclasses import replace

import pytest

from core.analysis.bootstrap import Interval
from core.analysis.significance import Difference
from core.evaluation.models import Model
from core.findings.mixes import METRIC, MixesFound, _answer, describe_mix
from core.interpolation.merges import FISHER, SCORES
from core.interpolation.merges.merge import Searched
from core.interpolation.mix import Mix

NOT_SIGNIFICANT = Difference(METRIC, Model.WISE_FT, FISHER.label, 0.01, Interval(0.001, 0.02), 0.04, 0.08, 700)


@pytest.fixture
def found() -> MixesFound:
    searched = {name: Searched(Mix(("run",), 0.4), 11, 0.2) for name in (Model.WISE_FT, FISHER.label, SCORES.label)}
    worse = Difference(METRIC, Model.WISE_FT, SCORES.label, -0.03, Interval(-0.05, -0.01), 0.001, 0.002, 90)
    reached = dict.fromkeys((Model.ZERO_SHOT, Model.FINE_TUNED, *searched), 0.2)
    return MixesFound(150, 152, ("run",), searched, reached, (NOT_SIGNIFICANT, worse))


def test_an_interval_without_zero_is_no_win_where_the_corrected_p_says_none(found):
    answer = _answer(found)
    assert answer.startswith("None of the 2 other ways")
    assert "152 articles" in answer
    assert "about 700 articles" in answer
    assert "Holm's correction does: p rises from 0.04 to 0.08" in answer
    worse = answer.partition("worse")[2]
    assert "scores, not weights (mrr@100 −0.030, −0.050 to −0.010, p = 0.002)" in worse


def test_a_win_is_reported_with_its_figures(found):
    answer = _answer(replace(found, differences=(replace(NOT_SIGNIFICANT, p_holm=0.01),)))
    better = answer.partition("better")[2]
    assert "152 articles" in better
    assert "Fisher-weighted (mrr@100 +0.010, +0.001 to +0.020, p = 0.01)" in better
    assert "Holm" not in answer


def test_mixes_in_a_few_words():
    assert describe_mix(Mix(("a",), 0.4)) == "α 0.4"
    assert describe_mix(Mix(("a", "b", "c"), 0.7)) == "3 runs, α 0.7"
    assert describe_mix(Mix(("a",), 0.4, {"image": 0.1, "text.late": 1.0})) == "α image 0.1, text late 1"
