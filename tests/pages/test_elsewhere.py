"""A run on another domain: the Curves page submits the task to the model worker."""

from concurrent.futures import Future

import pytest

from core.analysis.trade_off import with_intervals
from core.errors import InputError
from core.evaluation.metrics import table_metrics
from core.experiment import transfer
from core.jobs import model_worker
from core.storage.cache import write_checksummed
from core.workspace.sweep_results import read_results
from pages.shared import worker
from tests.pages.conftest import Open


@pytest.fixture
def submitted(monkeypatch: pytest.MonkeyPatch) -> list[Future]:
    """Return the futures of the submitted tasks, none of them done."""
    futures: list[Future] = []
    monkeypatch.setattr(model_worker, "submit", lambda *_: futures.append(Future()) or futures[-1])
    worker._submitted.clear()
    return futures


def evaluate(app):
    return next(each for each in app.button if each.label.startswith("Evaluate this run")).click().run()


def test_it_is_computed_once_and_after_a_failure_once_more(submitted, open_page: Open, run, synthetic):
    app = open_page("curves", view="Elsewhere", domain="shapes")
    assert not submitted, "nothing is computed before the user requests it"
    evaluate(app)
    evaluate(app.run())
    assert len(submitted) == 1
    assert any("Encoding toys" in each.value for each in app.caption)
    submitted[0].set_exception(InputError("this domain is damaged."))
    app.run()
    assert "damaged" in app.error[0].value
    assert not app.run().error
    evaluate(app)
    assert len(submitted) == 2


def test_a_curve_that_is_gone_again_is_no_endless_wait(submitted, open_page: Open, run, synthetic):
    app = open_page("curves", view="Elsewhere", domain="shapes")
    evaluate(app)
    submitted[0].set_result(None)
    app.run()
    assert not app.exception
    evaluate(app)
    assert len(submitted) == 2


def test_a_curve_is_shown_with_its_pareto_optimal_alphas(open_page: Open, run, synthetic, workspace):
    own = read_results(run, workspace.load_domain("shapes"), "val")
    elsewhere = with_intervals(own.curve, own.ranks, table_metrics()).to_csv(index=False)
    file = transfer._file(workspace, run, workspace.load_domain("toys").info)
    write_checksummed(file, elsewhere.encode())
    app = open_page("curves", view="Elsewhere", domain="shapes")
    assert not app.exception
    assert any("optimal" in each.value and "on toys" in each.value for each in app.markdown)
