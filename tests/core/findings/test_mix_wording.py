"""Sentences about mixes: no claim without support from the interval and the corrected p."""

from dataclasses import replace

import pytest

from core.analysis.bootstrap import Interval
from core.analysis.significance import Difference
from core.evaluation.models import Model
from core.findings.mixes import METRIC, MIXES, MergeFound, MixesFound
from core.findings.question import RunContext
from core.interpolation.merges import MERGES
from core.interpolation.merges.merge import Price, Searched
from core.interpolation.mix import Mix
from core.presentation.blocks import Grid, Section
from tests.written_runs import write_run

TOWERS, DEPTH, FISHER, SCORES = (MERGES[name].label for name in ("per-tower", "per-depth", "fisher", "scores"))
NOT_REAL = Difference(METRIC, Model.WISE_FT, FISHER, 0.01, Interval(0.001, 0.02), 0.04, 0.08, 0.015)
WORSE = Difference(METRIC, Model.WISE_FT, SCORES, -0.03, Interval(-0.05, -0.01), 0.001, 0.002, 0.04)
MIX_OF = {
    Model.WISE_FT: Mix(("a",), 0.4),
    FISHER: Mix(("a", "b", "c"), 0.7),
    SCORES: Mix(("a",), 0.4, {"image": 0.1, "text.late": 1.0}),
}


@pytest.fixture
def found() -> MixesFound:
    merges = {
        name: MergeFound(Searched(mix, 11, 0.2), Searched(mix, 11, 0.2), 0.2, Price(22, 1.25))
        for name, mix in MIX_OF.items()
    }
    ends = dict.fromkeys((Model.ZERO_SHOT, Model.FINE_TUNED), 0.2)
    return MixesFound(152, ("run",), (), merges, ends, (NOT_REAL, WORSE))


@pytest.fixture
def section(workspace, shapes_domain):
    """Return the function that words a finding as the app and the reports show it."""
    context = RunContext(write_run(workspace, shapes_domain), shapes_domain, workspace)
    return lambda found: MIXES.section(found, context)


def verdicts(section: Section) -> dict[str, str]:
    """Return mix → verdict in the table."""
    [table] = [block.table for block in section.blocks if isinstance(block, Grid)]
    return dict(zip(table["mix"], table["verdict"], strict=True))


def test_an_interval_without_zero_is_no_win_where_the_corrected_p_says_none(found, section):
    worded = section(found)
    best, _, worse = worded.answer.partition("worse")
    assert best.startswith("None of the 2 other ways")
    assert all(part in best for part in ("152 articles", "difference of 0.015", "p rises from 0.04 to 0.08"))
    assert all(part in worse for part in (SCORES, "−0.030", "−0.050 to −0.010", "p after Holm = 0.002"))
    assert verdicts(worded)[FISHER] == "not distinguishable"
    assert verdicts(worded)[SCORES] == "worse"


def test_a_win_is_stated_with_its_figures(found, section):
    worded = section(replace(found, differences=(replace(NOT_REAL, p_holm=0.01),)))
    better = worded.answer.partition("better")[2]
    assert all(part in better for part in (FISHER, "152", "+0.010", "+0.001 to +0.020", "p after Holm = 0.01"))
    assert "worse" not in worded.answer
    assert "Holm's correction" not in worded.answer
    assert verdicts(worded)[FISHER] == "better"


def test_the_table_has_each_mix_in_a_few_words(found, section):
    [table] = [block.table for block in section(found).blocks if isinstance(block, Grid)]
    chosen = dict(zip(table["mix"], table["chosen on the earlier half"], strict=True))
    assert chosen[Model.WISE_FT] == "α 0.4"
    assert chosen[FISHER] == "3 runs, α 0.7"
    assert chosen[Model.ZERO_SHOT] == ""
    assert (table["passes"] == "22").sum() == len(MIX_OF)
    assert chosen[SCORES] == "α image 0.1, text late 1"


def test_a_mix_that_this_run_does_not_allow_is_named(found, section):
    words = " ".join(block.text for block in section(found).blocks if hasattr(block, "text"))
    assert TOWERS in words
    assert DEPTH in words
