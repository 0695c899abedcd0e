"""Runs on the Train page: named, renamed, archived, restored, and deleted after two questions."""

import pytest
from streamlit.testing.v1 import AppTest

from core.jobs import background
from core.workspace.runs import Run, active_runs, load_runs
from tests.pages.conftest import open_at
from tests.written_runs import write_run


@pytest.fixture
def other(workspace, domain, run) -> Run:
    return write_run(workspace, domain)


def select(app: AppTest, *rows: int) -> AppTest:
    """Select rows of the table of runs, as a browser does."""
    shown = next(each.value for each in app.dataframe if "run" in each.value)
    app.session_state[f"runs shapes {' '.join(shown['run'])}"] = {
        "selection": {"rows": list(rows), "columns": [], "cells": []}
    }
    return app.run()


def names(runs: list[Run]) -> list[str]:
    return [run.info.name for run in runs]


def test_a_run_is_renamed_and_stays_selected(workspace, run, other):
    app = select(open_at("train", run=other.info.name), 0)
    app.button(key="run_rename").click().run()
    app.text_input(key="run_new_name").set_value("a b").run()
    app.button(key="run_rename_yes").click().run()
    assert "cannot name a run" in " ".join(each.value for each in app.markdown)
    app = select(app, 0)
    app.button(key="run_rename").click().run()
    app.text_input(key="run_new_name").set_value("best-seed").run()
    app.button(key="run_rename_yes").click().run()
    assert not app.exception
    assert names(load_runs(workspace, "shapes")) == [run.info.name, "best-seed"]
    assert app.query_params["run"] == "best-seed"
    assert not app.warning


def test_a_run_is_archived_and_restored(workspace, run, other):
    app = select(open_at("train"), 0)
    app.button(key="run_archive").click().run()
    assert names(active_runs(workspace, "shapes")) == [run.info.name]
    assert not app.warning
    app.toggle(key="archived_runs").set_value(True).run()
    app = select(app, 0)
    app.button(key="run_archive").click().run()
    assert names(active_runs(workspace, "shapes")) == names(load_runs(workspace, "shapes"))


def test_a_run_is_deleted_after_two_questions(workspace, run, other):
    app = select(open_at("train"), 0)
    app.button(key="run_delete").click().run()
    app.button(key="run_delete_yes").click().run()
    assert len(load_runs(workspace, "shapes")) == 2
    app.button(key="run_delete_for_good").click().run()
    assert names(load_runs(workspace, "shapes")) == [run.info.name]
    assert not app.exception


def test_the_name_of_a_training_is_suggested_and_checked(monkeypatch, run):
    asked: list[list[str]] = []
    monkeypatch.setattr(background, "start", lambda workspace, job, verb: asked.append(list(verb)) or True)
    app = open_at("train")
    field, start = app.text_input(key="run_name"), next(each for each in app.button if each.label == "Start training")
    assert field.value == "lite-head-2"
    field.set_value(run.info.name).run()
    start.click().run()
    assert app.error
    assert not asked
    app.text_input(key="run_name").set_value("first-try").run()
    next(each for each in app.button if each.label == "Start training").click().run()
    assert "--name=first-try" in asked[0]
