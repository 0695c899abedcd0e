"""Exact values asked of the model worker: one for each hand, and none for what a hand only passed."""

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
def asked(monkeypatch) -> dict[float, Future]:
    """α -> what was submitted for it."""
    futures: dict[float, Future] = {}
    monkeypatch.setattr(model_worker, "submit", lambda task, *given: futures.setdefault(given[-1], Future()))
    monkeypatch.setattr(point, "stamp_of", lambda run: ("run", 1))
    worker._submitted.clear()
    return futures


def hand(alpha: float) -> AppTest:
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


def test_what_a_hand_only_passed_is_given_up(asked):
    one = hand(ALPHAS[0])
    for alpha in ALPHAS[1:]:
        move(one, alpha)
        move(one, alpha)  # drawing again changes nothing
    assert [asked[alpha].cancelled() for alpha in ALPHAS] == [True, True, True, False]


def test_what_another_hand_waits_for_is_not(asked):
    one, other = hand(0.5), hand(0.5)
    move(one, 0.6)
    assert not asked[0.5].cancelled()
    move(other, 0.6)
    assert asked[0.5].cancelled()
    assert not asked[0.6].cancelled()


def test_what_the_worker_has_begun_is_kept_and_what_was_given_up_is_asked_again(asked):
    one = hand(0.5)
    begun = asked[0.5]
    assert begun.set_running_or_notify_cancel()
    move(one, 0.6)
    cancelled = asked.pop(0.6)
    move(one, 0.5)
    assert asked[0.5] is begun
    assert cancelled.cancelled()
    move(one, 0.6)
    assert not asked[0.6].cancelled()


def test_what_has_failed_is_asked_again_by_who_comes_back(asked):
    one = hand(0.5)
    asked.pop(0.5).set_exception(MemoryError())
    move(one, 0.5)
    assert 0.5 not in asked, "drawing again does not try again"
    move(one, 0.6)
    move(one, 0.5)
    assert 0.5 in asked
