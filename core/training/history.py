"""Measured epochs of a training: the best epoch and early stopping."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.training.settings import Settings


@dataclass(frozen=True)
class Epoch:
    """A line of history.csv. loss: mean over the epoch's batches, None before training (epoch 0)."""

    epoch: int
    loss: float | None
    val_mrr: float
    val_recall_1: float
    logit_scale: float

    def score(self, metric: str) -> float:
        """Return the val metric `metric`, one of STOP_METRICS."""
        return self.val_mrr if metric == "mrr@100" else self.val_recall_1


def best_epoch(history: Sequence[Epoch], settings: Settings) -> int:
    """Return the epoch whose weights the run stores: the last, or with `patience` the (first) best.

    Epoch 0, zero-shot, counts only if it is the only one: α = 0 gives it anyway, and nothing would be left to mix.
    """
    if settings.patience is None:
        return history[-1].epoch
    tuned = [epoch for epoch in history if epoch.epoch > 0] or list(history)
    return max(tuned, key=lambda epoch: epoch.score(settings.stop_metric)).epoch


def should_stop(history: Sequence[Epoch], settings: Settings) -> bool:
    """Return True after all epochs, or after `patience` epochs without a better one."""
    last = history[-1].epoch
    waited = last - best_epoch(history, settings)
    return last >= settings.epochs or (settings.patience is not None and waited >= settings.patience)
