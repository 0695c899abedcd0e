"""Expected durations of answers: measured before, or by a figure for linear heads, or in words."""

import pytest

from core.findings.durations import duration, duration_of_all, expected_seconds, in_words, save_seconds
from core.findings.question import RunContext
from core.findings.registry import BY_NAME
from tests.written_runs import write_run


@pytest.fixture
def context(workspace, shapes_domain):
    return RunContext(write_run(workspace, shapes_domain), shapes_domain, workspace)


def test_what_was_measured_replaces_the_figure_for_heads(context) -> None:
    question = BY_NAME["slices"]
    assert expected_seconds(question, context) == pytest.approx(14 * len(context.domain.articles) / 2834)
    save_seconds(question, context, 300.0)
    assert duration(question, context) == "about 5 min"
    assert "min" in duration_of_all([question, BY_NAME["mixes"]], context)


def test_a_run_of_another_kind_has_words_only(context) -> None:
    object.__setattr__(context.run.info.settings, "tune", "all")
    question = BY_NAME["mixes"]
    assert expected_seconds(question, context) is None
    assert duration(question, context) == question.duration_hint


@pytest.mark.parametrize(
    ("seconds", "words"), [(2, "some seconds"), (44, "about 40 s"), (200, "about 3 min"), (9000, "about 2 h")]
)
def test_durations_in_words(seconds: float, words: str) -> None:
    assert in_words(seconds) == words
