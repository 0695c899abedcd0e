"""Early stopping: which epoch is kept and when a training is over."""

import pytest

from core.training.history import Epoch, best_epoch, should_stop
from core.training.settings import Settings

PATIENT = Settings(epochs=9, patience=2)


def history(*mrr: float) -> list[Epoch]:
    """Epochs from 0 with these val mrr@100; recall@1 goes the other way."""
    return [Epoch(number, 1.0, value, 1 - value, 10.0) for number, value in enumerate(mrr)]


@pytest.mark.parametrize(
    ("mrr", "kept", "over"),
    [
        ((0.5,), 0, False),
        ((0.5, 0.1), 1, False),  # zero-shot is no candidate once there is another
        ((0.5, 0.1, 0.2), 2, False),
        ((0.5, 0.3, 0.2), 1, False),
        ((0.5, 0.3, 0.2, 0.3), 1, True),  # of equal ones the first
        ((0.5, 0.3, 0.2, 0.4), 3, False),
        ((0.5, 0.3, 0.2, 0.1, 0.9), 4, False),
    ],
)
def test_the_best_is_kept_and_patience_ends(mrr, kept, over):
    assert (best_epoch(history(*mrr), PATIENT), should_stop(history(*mrr), PATIENT)) == (kept, over)


def test_the_metric_is_the_one_that_was_asked_for():
    by_recall = Settings(epochs=9, patience=2, stop_metric="recall@1")
    assert best_epoch(history(0.5, 0.3, 0.2, 0.4), by_recall) == 2


def test_without_it_the_last_is_kept_after_all_epochs():
    patient_for_ever = Settings(epochs=3)
    assert best_epoch(history(0.5, 0.9, 0.1), patient_for_ever) == 2
    assert not should_stop(history(0.5, 0.9, 0.1), patient_for_ever)
    assert should_stop(history(0.5, 0.9, 0.1, 0.1), patient_for_ever)


def test_no_epochs_are_over_at_once():
    assert should_stop(history(0.5), Settings(epochs=0, patience=1))
