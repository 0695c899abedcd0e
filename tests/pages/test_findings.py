"""The Findings page: answers, answers that need a job, and the report."""

from dataclasses import dataclass

import pytest

from core.analysis.bootstrap import Interval
from core.findings.question import Question
from core.findings.registry import QUESTIONS
from core.jobs import background
from core.jobs.job import Job
from core.presentation.blocks import Grid, Section, Words
from core.presentation.verdict import Estimate, Part, Verdict
from pages.findings.card_html import answered
from tests.pages.conftest import fail_job

QUICK = [question for question in QUESTIONS if question.duration_hint is None]
SLOW = [question for question in QUESTIONS if question.duration_hint is not None]


def _html(app) -> str:
    return " ".join(element.proto.body for element in app.get("html"))


def _labels(app) -> list[str]:
    return [button.label.replace("\\", "") for button in app.button]


def test_the_front_page_has_a_card_for_every_question(open_page, run):
    app = open_page("findings")
    assert not app.exception
    labels, cards = _labels(app), _html(app)
    for question in QUESTIONS:
        assert question.title in labels
    assert cards.count("n = 12") >= len(QUICK) - 1  # one of them is about half of val
    assert "not distinguishable" in cards
    assert "95 % interval" in cards  # read by screen readers
    assert sum(label.startswith("Compute (") for label in labels) == len(SLOW)
    assert next(label for label in labels if label.startswith("Compute all")).startswith(f"Compute all {len(SLOW)} (")


def test_a_card_opens_its_question_and_all_findings_leads_back(open_page, run):
    app = open_page("findings")
    next(button for button in app.button if button.key == f"question_{QUICK[0].name}").click().run()
    assert not app.exception
    assert next(box for box in app.selectbox if box.label == "Answer to show").value == QUICK[0].title
    assert app.get("plotly_chart")
    next(button for button in app.button if button.label == "All findings").click().run()
    assert f"question_{QUICK[0].name}" in [button.key for button in app.button]


@pytest.mark.parametrize("question", QUICK, ids=lambda question: question.name)
def test_a_quick_question_is_answered_at_once(question, open_page, run):
    app = open_page("findings", question=question.title)
    assert not app.exception
    assert not app.error
    assert "n = " in _html(app)
    assert app.header[0].value
    assert app.get("plotly_chart")[0].proto.alt
    assert app.expander[0].dataframe


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


def test_a_cancelled_job_is_no_error(open_page, run, workspace):
    fail_job(workspace.root / "jobs" / "analyse-shapes", "stopped")
    (workspace.root / "jobs" / "analyse-shapes" / "cancelled.txt").touch()
    app = open_page("findings")
    assert not app.error
    assert "cancelled" in app.info[0].value


def test_cancelling_asks_first(open_page, run, monkeypatch):
    cancelled = []
    running = background.JobStatus("running", "Training", 1, 3, [])
    idle = background.JobStatus("never started", "", 0, None, [])
    monkeypatch.setattr(background, "status", lambda workspace, job: running if job.kind == "analyse" else idle)
    monkeypatch.setattr(background, "cancel", lambda workspace, job: cancelled.append(job))
    app = open_page("findings", question=QUICK[0].title)
    next(button for button in app.button if button.label == "Cancel").click().run()
    assert cancelled == []
    next(button for button in app.button if button.label == "Yes, stop it").click().run()
    assert cancelled == [Job("analyse", "shapes")]


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
    text = " ".join(element.value for element in [*app.markdown, *app.caption, *app.header])
    assert hostile not in text
    assert "http://" not in text


def test_a_card_is_no_markup():
    hostile = "<img src=x onerror=alert(1)>"
    estimate = Estimate(hostile, 0.1, Interval(0.0, 0.2), is_significant=True)
    verdict = Verdict(hostile, "significant", 3, hostile, (estimate,))
    assert "<img" not in answered(Section("x", hostile, hostile, (), verdict))
    assert "<img" not in answered(
        Section("x", hostile, hostile, (), Verdict("", "described", 3, parts=(Part(hostile, 1),)))
    )


def test_a_row_of_shapes_opens_its_articles_in_rank_changes(open_page, run):
    app = open_page("findings", question="What happens to an article along α?")
    shapes = app.dataframe[0].value["shape"].tolist()
    app.session_state["shapes-0"] = {"selection": {"rows": [1], "columns": [], "cells": []}}
    app.run()
    assert not app.exception
    assert app.title[0].value == "Rank changes"
    assert app.query_params["shape"] == shapes[1]
    assert next(box for box in app.selectbox if box.label == "Shape over α").value == shapes[1]
