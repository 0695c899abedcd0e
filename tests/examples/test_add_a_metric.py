"""Adding a metric: one entry in `METRICS`."""

import numpy as np
import pytest

from core.evaluation.alpha_selection import select_alpha
from core.evaluation.metrics import METRICS, Metric
from core.presentation.paper_tables import paper_table
from core.report import document
from core.report.markdown import as_markdown
from core.workspace.runs import Run
from tests.pages.conftest import open_at
from tests.written_runs import write_run

MISSED = Metric(
    "missed@5",
    "Missed@5",
    "share of articles whose own image is not among the first five",
    lambda ranks: (ranks > 5).astype(np.float64),
    higher_is_better=False,
    is_binary=True,
)


@pytest.fixture
def swept_before(monkeypatch, workspace, shapes_domain) -> Run:
    """Return a run that was swept when there was no such metric yet."""
    monkeypatch.setenv("REMATCH_WORKSPACE", str(workspace.root))
    run = write_run(workspace, shapes_domain)
    assert MISSED.name not in run.curve()
    monkeypatch.setitem(METRICS, MISSED.name, MISSED)
    return run


def test_sweeps_made_before_have_it_and_keep_their_numbers(swept_before):
    written = (swept_before.folder / "sweep.csv").read_text()
    curve, plane = swept_before.curve(), swept_before.plane_table()
    assert curve[MISSED.name].tolist() == pytest.approx((1 - curve["recall@5"]).tolist())
    assert plane[MISSED.name].tolist() == pytest.approx((1 - plane["recall@5"]).tolist())
    assert curve.drop(columns=MISSED.name).to_csv(index=False) == written


def test_alpha_is_chosen_by_it(swept_before):
    curve = swept_before.curve()
    assert select_alpha(curve, MISSED.name).alpha == select_alpha(curve, "recall@5").alpha


def test_the_command_line_tables_and_tests_it(verb, swept_before, shapes_domain):
    assert MISSED.name in paper_table(swept_before, shapes_domain, "val", None).rows
    [row, *_] = verb("report", "--domain", "shapes", "--json").record["rows"]
    assert row[MISSED.name] == pytest.approx(1 - row["recall@5"])
    answer = verb("analyse", "--domain", "shapes", "--questions", "difference", "--json").record["difference"]
    found = {(one["metric"], one["before"], one["after"]): one for one in answer["splits"]["val"]["differences"]}
    own, recall = (found[name, "zero-shot", "fine-tuned"] for name in (MISSED.name, "recall@5"))
    assert (own["value"], own["p"]) == (pytest.approx(-recall["value"]), pytest.approx(recall["p"]))


def test_the_report_draws_and_explains_it(swept_before, shapes_domain, workspace):
    context = document.RunContext(swept_before, shapes_domain, workspace)
    report = document.document(context, ask_all=False, with_images=False)
    assert MISSED.help in as_markdown(report)
    charts = [block for block in report.sections[0].blocks if isinstance(block, document.Chart)]
    assert MISSED.label in [chart.figure.layout.yaxis.title.text for chart in charts]


def test_pages_draw_it_and_let_it_be_chosen(swept_before):
    app = open_at("curves", view="Two towers", plane_metric=MISSED.name)
    assert not app.exception
    assert any(f"Best {MISSED.name}" in caption.value for caption in app.caption)
    assert not open_at("alpha").exception
