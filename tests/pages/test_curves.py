"""The Curves page: what its panels get, the α that a click sets, and its downloads."""

import pytest
import streamlit as st

from core.evaluation.metrics import table_metrics
from core.workspace.rename_and_delete import archive_run
from core.workspace.runs import Run
from pages.curves import this_run
from tests.pages.conftest import open_at
from tests.written_runs import write_run


@pytest.fixture
def drawn(monkeypatch) -> list[dict]:
    """Return what the browser component gets."""
    seen: list[dict] = []
    monkeypatch.setattr(this_run, "curves_element", lambda data, key: seen.append(data))
    return seen


@pytest.fixture
def other(workspace, domain, run) -> Run:
    return write_run(workspace, domain)


def test_the_panels_show_the_chosen_run_between_the_others(drawn, run, other):
    app = open_at("curves", run=run.info.name)
    assert not app.exception
    (data,) = drawn
    assert [(line["run"], line["chosen"]) for line in data["lines"]] == [
        (run.info.name, True),
        (other.info.name, False),
    ]
    chosen, grey = data["lines"]
    curve = run.curve()
    for k, metric in enumerate(table_metrics()):
        assert chosen["values"][k] == pytest.approx(curve[metric].tolist(), abs=1e-6)
        rows = zip(chosen["low"][k], chosen["values"][k], chosen["high"][k], strict=True)
        assert all(low <= value <= high for low, value, high in rows)
    assert grey["low"] is None
    assert data["alpha"] == run.selected().alpha
    assert {"Curves as CSV", "Steps as CSV"} <= {button.label for button in app.get("download_button")}


def test_a_click_sets_alpha_for_the_other_pages(monkeypatch, run):
    def click(data: dict, key: str) -> None:
        st.session_state[key] = {"moved": {"alphas": [0.25], "settled": True}}

    monkeypatch.setattr(this_run, "curves_element", click)
    app = open_at("curves").run()
    assert app.query_params["alpha"] == "0.25"


def test_archived_runs_are_not_shown(drawn, workspace, run, other):
    archive_run(workspace, "shapes", other.info.name)
    app = open_at("curves")
    assert {line["run"] for line in drawn[0]["lines"]} == {run.info.name}
    assert app.sidebar.radio(key="run").options == [run.info.name]
