"""What is said of mixes: no claim that the interval and p do not carry."""

from dataclasses import replace

import pytest

from core.analysis.bootstrap import Interval
from core.analysis.significance import Difference
from core.evaluation.models import Model
from core.findings.mixes import METRIC, MixesFound, _answer, described
from core.interpolation.merges import FISHER, SCORES
from core.interpolation.merges.merge import Searched
from core.interpolation.mix import Mix

NOT_REAL = Difference(METRIC, Model.WISE_FT, FISHER.label, 0.01, Interval(0.001, 0.02), 0.04, 0.08, 700)


@pytest.fixture
def found() -> MixesFound:
    searched = {name: Searched(Mix(("run",), 0.4), 11, 0.2) for name in (Model.WISE_FT, FISHER.label, SCORES.label)}
    worse = Difference(METRIC, Model.WISE_FT, SCORES.label, -0.03, Interval(-0.05, -0.01), 0.001, 0.002, 90)
    reached = dict.fromkeys((Model.ZERO_SHOT, Model.FINE_TUNED, *searched), 0.2)
    return MixesFound(150, 152, ("run",), searched, reached, (NOT_REAL, worse))


def test_an_interval_without_zero_is_no_win_where_the_corrected_p_says_none(found):
    said = _answer(found)
    assert said.startswith(
        "None of the 2 other ways to mix is distinguishably better than WiSE-FT on 152 later articles"
    )
    assert "about 700 would be needed" in said
    assert "Worse: scores, not weights (mrr@100 −0.030, −0.050 to −0.010, p = 0.002)." in said


def test_a_win_is_said_with_its_figures(found):
    said = _answer(replace(found, differences=(replace(NOT_REAL, p_holm=0.01),)))
    assert said == (
        "Better than WiSE-FT on 152 later articles: Fisher-weighted (mrr@100 +0.010, +0.001 to +0.020, p = 0.01)."
    )


def test_mixes_in_a_few_words():
    assert described(Mix(("a",), 0.4)) == "α 0.4"
    assert described(Mix(("a", "b", "c"), 0.7)) == "3 runs, α 0.7"
    assert described(Mix(("a",), 0.4, {"image": 0.1, "text.late": 1.0})) == "α image 0.1, text late 1"
