"""Ranks and metrics along α. What the ranks come from is the caller's; this room only counts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from core.analysis.metrics import as_record, metrics_of
from core.data.splitting import Split
from core.errors import InputError

#: (ranks text→image, ranks image→text), int32 [N] each.
BothRanks = tuple[np.ndarray, np.ndarray]

#: The α's of a continuous curve: a hundredth is finer than any difference that two hundred articles can show.
DENSE = tuple(step / 100 for step in range(101))


@dataclass(frozen=True)
class Sweep:
    """Ranks of one split at each α. alphas: sorted, [A]; ranks, reverse_ranks: int32 [A, N]; article_ids: [N].

    interpolated: bool [A], True where the ranks are of embeddings between exact ones (core.interpolation.alphapath).
    """

    split: Split
    alphas: tuple[float, ...]
    article_ids: list[str]
    ranks: np.ndarray
    reverse_ranks: np.ndarray
    interpolated: np.ndarray

    def curve(self) -> pd.DataFrame:
        """One row per α: alpha, split, interpolated, n, the metrics by their names in files (text → image)."""
        return pd.DataFrame(
            [
                {"alpha": alpha, "split": self.split, "interpolated": bool(interpolated)} | as_record(metrics_of(ranks))
                for alpha, interpolated, ranks in zip(self.alphas, self.interpolated, self.ranks, strict=True)
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


def collect(
    split: Split,
    alphas: Sequence[float],
    article_ids: Sequence[str],
    ranks: Iterable[BothRanks],
    interpolated: Sequence[bool] | None = None,
) -> Sweep:
    """A sweep of the ranks at each of `alphas`; all exact unless said otherwise."""
    forward, reverse = (np.stack(column) for column in zip(*ranks, strict=True))
    marks = np.array(interpolated if interpolated is not None else [False] * len(alphas))
    return Sweep(split, tuple(alphas), list(article_ids), forward, reverse, marks)


def with_exact(sweep: Sweep, exact: Mapping[float, BothRanks]) -> Sweep:
    """The sweep with the ranks at some of its α's replaced by exact ones."""
    ranks, reverse, interpolated = sweep.ranks.copy(), sweep.reverse_ranks.copy(), sweep.interpolated.copy()
    for alpha, both in exact.items():
        row = sweep.alphas.index(alpha)
        ranks[row], reverse[row] = both
        interpolated[row] = False
    return replace(sweep, ranks=ranks, reverse_ranks=reverse, interpolated=interpolated)
