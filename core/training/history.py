"""The epochs of a training as measured: which one's weights the run keeps, and when there is no use in going on."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.training.settings import Settings


@dataclass(frozen=True)
class Epoch:
    """One line of history.csv. loss: mean over the epoch's batches, None before training (epoch 0)."""

    epoch: int
    loss: float | None
    val_mrr: float
    val_recall_1: float
    logit_scale: float

    def score(self, metric: str) -> float:
        """Return the val metric of that name."""
        return self.val_mrr if metric == "mrr@100" else self.val_recall_1


def best_epoch(history: Sequence[Epoch], settings: Settings) -> int:
    """Number of the epoch whose weights are kept: the last, or with `patience` the best, of equal ones the first.

    Zero-shot is no candidate once there is another: α = 0 gives it anyhow, and there would be nothing to mix.
    """
    if settings.patience is None:
        return history[-1].epoch
    tuned = [epoch for epoch in history if epoch.epoch > 0] or list(history)
    return max(tuned, key=lambda epoch: epoch.score(settings.stop_metric)).epoch


def should_stop(history: Sequence[Epoch], settings: Settings) -> bool:
    """True if all epochs are done, or `patience` of them without a better one."""
    last = history[-1].epoch
    waited = last - best_epoch(history, settings)
    return last >= settings.epochs or (settings.patience is not None and waited >= settings.patience)
