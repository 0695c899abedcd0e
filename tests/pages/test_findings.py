"""The Findings page: answers, answers that need a job, and the report."""

from dataclasses import dataclass

import pytest

from core.findings.question import Question
from core.findings.registry import QUESTIONS
from core.jobs import background
from core.jobs.job import Job
from core.presentation.blocks import Grid, Section, Words
from tests.pages.conftest import fail_job

QUICK = [question for question in QUESTIONS if question.duration_hint is None]
SLOW = [question for question in QUESTIONS if question.duration_hint is not None]


def test_in_short_has_every_question(open_page, run):
    app = open_page("findings")
    assert not app.exception
    text = " ".join(element.value for element in app.markdown).replace("\\", "")
    for question in QUESTIONS:
        assert question.title in text
    assert "n = 12" in text


@pytest.mark.parametrize("question", QUICK, ids=lambda question: question.name)
def test_a_quick_question_is_answered_at_once(question, open_page, run):
    app = open_page("findings", question=question.title)
    assert not app.exception
    assert not app.error
    assert app.subheader[0].value.replace("\\", "") == question.title
    assert app.dataframe


@pytest.mark.parametrize("question", SLOW[:1], ids=lambda question: question.name)
def test_a_long_question_says_how_long_and_starts_a_job(question, open_page, run, monkeypatch):
    started = []
    monkeypatch.setattr(background, "start", lambda workspace, name, verb: started.append((name, list(verb))))
    app = open_page("findings", question=question.title)
    assert not app.exception
    assert any("takes" in element.value for element in app.markdown)
    next(button for button in app.button if button.label == "Compute the answer").click().run()
    assert started == [
        (
            Job("analyse", "shapes"),
            ["analyse", "--domain=shapes", f"--run={run.info.name}", f"--questions={question.name}"],
        )
    ]


def test_a_job_that_failed_says_why(open_page, run, workspace):
    fail_job(workspace.root / "jobs" / "analyse-shapes", "the weights are gone; train again.")
    app = open_page("findings")
    assert not app.exception
    assert "weights are gone" in app.error[0].value.replace("\\", "")


def test_text_from_outside_stays_text(open_page, run, monkeypatch):
    import pandas as pd

    @dataclass(frozen=True)
    class Nothing:
        pass

    hostile = "**x** [a](http://example.org)"
    shown = Section("x", "X?", hostile, (Words(hostile), Grid(hostile, pd.DataFrame({"a": ["b"]}), frozenset({0}))))
    question = Question("difference", QUICK[0].title, Nothing, lambda context: Nothing(), lambda record, context: shown)
    monkeypatch.setattr("core.findings.registry.QUESTIONS", (question,))
    app = open_page("findings", question=QUICK[0].title)
    assert not app.exception
    text = " ".join(element.value for element in [*app.markdown, *app.caption])
    assert hostile not in text
    assert "http://" not in text


def test_a_row_of_shapes_opens_its_articles_in_rank_changes(open_page, run):
    app = open_page("findings", question="What happens to an article along α?")
    shapes = app.dataframe[0].value["shape"].tolist()
    app.session_state["shapes-0"] = {"selection": {"rows": [1], "columns": [], "cells": []}}
    app.run()
    assert not app.exception
    assert app.title[0].value == "Rank changes"
    assert app.query_params["shape"] == shapes[1]
    assert next(box for box in app.selectbox if box.label == "Shape over α").value == shapes[1]
