"""Early stopping: the best epoch and the end of a training."""

import pytest

from core.training.history import Epoch, best_epoch, should_stop
from core.training.settings import Settings

PATIENT = Settings(epochs=9, patience=2)


def history(*mrr: float) -> list[Epoch]:
    """Make epochs from 0 with these val mrr@100; recall@1 is one minus that."""
    return [Epoch(number, 1.0, value, 1 - value, 10.0) for number, value in enumerate(mrr)]


@pytest.mark.parametrize(
    ("mrr", "best", "stops"),
    [
        ((0.5,), 0, False),
        ((0.5, 0.1), 1, False),  # zero-shot does not count if there is another epoch
        ((0.5, 0.1, 0.2), 2, False),
        ((0.5, 0.3, 0.2), 1, False),
        ((0.5, 0.3, 0.2, 0.3), 1, True),  # the first of equal epochs
        ((0.5, 0.3, 0.2, 0.4), 3, False),
        ((0.5, 0.3, 0.2, 0.1, 0.9), 4, False),
    ],
)
def test_the_best_epoch_and_the_end_of_patience(mrr, best, stops):
    assert (best_epoch(history(*mrr), PATIENT), should_stop(history(*mrr), PATIENT)) == (best, stops)


def test_the_stop_metric_is_used():
    by_recall = Settings(epochs=9, patience=2, stop_metric="recall@1")
    assert best_epoch(history(0.5, 0.3, 0.2, 0.4), by_recall) == 2


def test_without_patience_the_last_of_all_epochs_is_the_best():
    no_patience = Settings(epochs=3)
    assert best_epoch(history(0.5, 0.9, 0.1), no_patience) == 2
    assert not should_stop(history(0.5, 0.9, 0.1), no_patience)
    assert should_stop(history(0.5, 0.9, 0.1, 0.1), no_patience)


def test_no_epochs_are_over_at_once():
    assert should_stop(history(0.5), Settings(epochs=0, patience=1))
