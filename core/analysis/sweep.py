"""Ranks and metrics along α. What the ranks come from is the caller's; this room only counts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.analysis.metrics import as_record, metrics_of
from core.errors import InputError
from core.progress import progress

#: α → (ranks text→image, ranks image→text), int32 [N] each.
RanksAt = Callable[[float], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Sweep:
    """Ranks of one split at each α. alphas: sorted, [A]; ranks, reverse_ranks: int32 [A, N]; article_ids: [N]."""

    split: str
    alphas: tuple[float, ...]
    article_ids: list[str]
    ranks: np.ndarray
    reverse_ranks: np.ndarray

    def curve(self) -> pd.DataFrame:
        """One row per α: alpha, split, n, the metrics by their names in files (text → image)."""
        return pd.DataFrame(
            [
                {"alpha": alpha, "split": self.split} | as_record(metrics_of(ranks))
                for alpha, ranks in zip(self.alphas, self.ranks, strict=True)
            ]
        )

    def table(self) -> pd.DataFrame:
        """One row per article and α: article_id, split, alpha, rank (text → image), reverse_rank (image → text)."""
        count = len(self.article_ids)
        return pd.DataFrame(
            {
                "article_id": np.tile(np.array(self.article_ids, dtype=object), len(self.alphas)),
                "split": self.split,
                "alpha": np.repeat(np.array(self.alphas), count),
                "rank": self.ranks.ravel(),
                "reverse_rank": self.reverse_ranks.ravel(),
            }
        )


def parse_alphas(text: str) -> tuple[float, ...]:
    """Read `0:1:0.05` (start:stop:step, both ends in) or `0,0.3,1`; 0 and 1 are always added, being the runs 1 and 2.

    Raises InputError.
    """
    try:
        if ":" in text:
            start, stop, step = (float(part) for part in text.split(":"))
            if step <= 0 or stop < start:
                raise ValueError
            # Rounded, so that 0.1 + 0.2 is 0.3 in tables and file names.
            values = [round(start + step * i, 6) for i in range(int((stop - start) / step + 1e-9) + 1)]
        else:
            values = [round(float(part), 6) for part in text.split(",")]
    except ValueError:
        raise InputError(
            f"--alphas {text}: expected start:stop:step such as 0:1:0.05, or a list such as 0,0.3,1."
        ) from None
    outside = [value for value in values if not 0.0 <= value <= 1.0]
    if outside:
        raise InputError(f"--alphas {text}: {outside[0]:g} is outside 0 to 1.")
    return tuple(sorted({0.0, 1.0, *values}))


def sweep(split: str, alphas: Sequence[float], article_ids: Sequence[str], ranks_at: RanksAt) -> Sweep:
    """Evaluate every α with its exact weights."""
    both = [ranks_at(alpha) for alpha in progress(list(alphas), "Sweeping alpha")]
    ranks, reverse = (np.stack(column) for column in zip(*both, strict=True))
    return Sweep(split, tuple(alphas), list(article_ids), ranks, reverse)
