"""Exact values asked of the model worker: one for each hand, and none for what a hand only passed."""

from concurrent.futures import Future
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from pages.alpha import exact_values

ALPHAS = (0.1, 0.2, 0.3, 0.4)


def page() -> None:
    import streamlit as st

    from pages.alpha.exact_values import exact_ranks

    exact_ranks(st.session_state.workspace, st.session_state.results, [st.session_state.alpha])


@pytest.fixture
def asked(monkeypatch) -> dict[float, Future]:
    """α -> what was submitted for it."""
    futures: dict[float, Future] = {}
    worker = exact_values.model_worker
    monkeypatch.setattr(worker, "submit", lambda task, *given: futures.setdefault(given[-1], Future()))
    monkeypatch.setattr(exact_values, "stamp_of", lambda run: ("run", 1))
    exact_values._evaluations.clear()
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
