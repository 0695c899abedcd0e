"""The Curves page: what its panels and its plane get, the α that a click sets, and its downloads."""

import pytest
import streamlit as st

from core.evaluation.metrics import table_metrics
from core.workspace.rename_and_delete import archive_run
from core.workspace.runs import Run
from pages.curves import all_domains, this_run, two_towers
from pages.shared.session import LAST_ALPHAS
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
    assert [(line["name"], line["chosen"]) for line in data["lines"]] == [
        (run.info.name, True),
        (other.info.name, False),
    ]
    chosen, grey = data["lines"]
    curve = run.curve()
    for k, metric in enumerate(table_metrics()):
        assert chosen["values"][k] == pytest.approx(curve[metric].tolist(), abs=1e-6)
        rows = zip(chosen["low"][k], chosen["values"][k], chosen["high"][k], strict=True)
        assert all(low <= value <= high for low, value, high in rows)
    assert not any(grey["low"])
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
    assert {line["name"] for line in drawn[0]["lines"]} == {run.info.name}
    assert app.sidebar.radio(key="run").options == [run.info.name]


def test_all_domains_share_a_pointer_and_the_selected_run_has_its_own_panel(monkeypatch, workspace, run, synthetic):
    seen: list[dict] = []

    def click(data: dict, key: str) -> None:
        seen.append(data)
        st.session_state[key] = {"moved": {"alphas": [0.75], "settled": True}}

    monkeypatch.setattr(all_domains, "curves_element", click)
    archive_run(workspace, "toys", write_run(workspace, synthetic).info.name)
    app = open_at("curves", view="All domains", domain="toys", metric="recall@5").run()
    assert not app.exception
    data = seen[0]
    assert (
        [line["name"] for line in data["lines"]] == [panel["title"] for panel in data["panels"]] == ["shapes", "toys"]
    )
    assert data["lines"][data["reference"]]["name"] == "toys"
    shown = list(table_metrics()).index("recall@5")
    assert {panel["metric"] for panel in data["panels"]} == {shown}
    for line in data["lines"]:
        assert [k for k, band in enumerate(line["low"]) if band] == [shown]
    assert app.query_params["alpha"] == "0.75"


def test_a_table_of_all_domains_has_intervals_of_all_metrics(workspace, run, synthetic):
    table = all_domains.table_of_all(workspace, [run])
    assert set(table["domain"]) == {"shapes"}
    assert table[[f"{metric}_low" for metric in table_metrics()]].notna().all(axis=None)


def test_a_click_on_the_plane_sets_both_alphas(monkeypatch, run, domain):
    seen: list[dict] = []

    def click(data: dict, key: str) -> None:
        seen.append(data)
        st.session_state[key] = {"moved": {"alphas": [0.5, 1.0], "settled": True}}

    monkeypatch.setattr(two_towers, "plane_element", click)
    app = open_at("curves", view="Two towers").run()
    assert not app.exception
    assert (app.query_params["alpha"], app.query_params["alpha_text"]) == ("0.5", "1")
    assert app.session_state[LAST_ALPHAS.key][1] == (0.5, 1.0)
    assert app.session_state["towers"], "Alpha opens with a slider for each tower"
    table, shown = run.plane_table(), seen[0]["shown"]
    assert table is not None
    for k, metric in enumerate(table_metrics()):
        assert seen[0]["values"][k] == pytest.approx(table[metric].tolist(), abs=1e-6)
    rows = zip(seen[0]["low"], seen[0]["values"][shown], seen[0]["high"], strict=True)
    assert all(low <= value <= high for low, value, high in rows)
    with_intervals = two_towers.table_with_intervals(run, domain, table)
    assert len(with_intervals) == len(table)
    assert {"domain", "mrr@100_low"} <= set(with_intervals)
