"""Exact values of the model worker: one task for each session, none for an α that the slider only passed."""

from concurrent.futures import Future
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from core.jobs import model_worker
from pages.alpha import point
from pages.shared import worker

ALPHAS = (0.1, 0.2, 0.3, 0.4)


def page() -> None:
    import streamlit as st

    from pages.alpha.point import submit_exact

    submit_exact(st.session_state.workspace, st.session_state.results, [st.session_state.alpha])


@pytest.fixture
def submitted(monkeypatch) -> dict[float, Future]:
    """α -> what was submitted for it."""
    futures: dict[float, Future] = {}
    monkeypatch.setattr(model_worker, "submit", lambda task, *given: futures.setdefault(given[-1], Future()))
    monkeypatch.setattr(point, "stamp_of", lambda run: ("run", 1))
    worker._submitted.clear()
    return futures


def session_at(alpha: float) -> AppTest:
    app = AppTest.from_function(page)
    app.session_state.workspace = None
    info = SimpleNamespace(domain="news", name="run")
    app.session_state.results = SimpleNamespace(run=SimpleNamespace(info=info), split="val")
    return move(app, alpha)


def move(app: AppTest, alpha: float) -> AppTest:
    app.session_state.alpha = alpha
    app.run()
    assert not app.exception
    return app


def test_a_task_for_an_alpha_that_was_only_passed_is_cancelled(submitted):
    one = session_at(ALPHAS[0])
    for alpha in ALPHAS[1:]:
        move(one, alpha)
        move(one, alpha)  # drawing again changes nothing
    assert [submitted[alpha].cancelled() for alpha in ALPHAS] == [True, True, True, False]


def test_a_task_that_another_session_awaits_is_not_cancelled(submitted):
    one, other = session_at(0.5), session_at(0.5)
    move(one, 0.6)
    assert not submitted[0.5].cancelled()
    move(other, 0.6)
    assert submitted[0.5].cancelled()
    assert not submitted[0.6].cancelled()


def test_a_begun_task_continues_and_a_cancelled_one_is_submitted_again(submitted):
    one = session_at(0.5)
    begun = submitted[0.5]
    assert begun.set_running_or_notify_cancel()
    move(one, 0.6)
    cancelled = submitted.pop(0.6)
    move(one, 0.5)
    assert submitted[0.5] is begun
    assert cancelled.cancelled()
    move(one, 0.6)
    assert not submitted[0.6].cancelled()


def test_a_failed_task_is_submitted_again_on_return(submitted):
    one = session_at(0.5)
    submitted.pop(0.5).set_exception(MemoryError())
    move(one, 0.5)
    assert 0.5 not in submitted, "drawing again does not try again"
    move(one, 0.6)
    move(one, 0.5)
    assert 0.5 in submitted
