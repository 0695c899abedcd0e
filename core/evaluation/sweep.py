"""Ranks and metrics along α. What the ranks come from is the caller's; this room only counts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from core.data.time_split import Split
from core.errors import InputError
from core.evaluation.metrics import metrics_of

#: Images kept of each article at each α: two rows of a gallery; the whole hundred is what `rank` writes for one α.
SHOWN = 12

#: The α's of a continuous curve: a hundredth is finer than any difference that two hundred articles can show.
DENSE = tuple(step / 100 for step in range(101))


@dataclass(frozen=True)
class Ranked:
    """One split at one α. ranks (text → image), reverse_ranks (image → text): int32 [N].

    top_images: int32 [N, K], each article's first K images, rows of the split's gallery; K is SHOWN or all there are.
    """

    ranks: np.ndarray
    reverse_ranks: np.ndarray
    top_images: np.ndarray


@dataclass(frozen=True)
class Sweep:
    """One split at each α. alphas: sorted, [A]; article_ids: [N].

    ranks, reverse_ranks: int32 [A, N]; top_images: int32 [A, N, K].
    interpolated: bool [A], True where the ranks are of embeddings between exact ones (core.interpolation.alpha_path).
    """

    split: Split
    alphas: tuple[float, ...]
    article_ids: list[str]
    ranks: np.ndarray
    reverse_ranks: np.ndarray
    top_images: np.ndarray
    interpolated: np.ndarray

    def curve(self) -> pd.DataFrame:
        """One row per α: alpha, split, interpolated, n, the metrics by their names in files (text → image)."""
        return pd.DataFrame(
            [
                {"alpha": alpha, "split": self.split, "interpolated": bool(interpolated)} | metrics_of(ranks)
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
    ranked: Iterable[Ranked],
    interpolated: Sequence[bool] | None = None,
) -> Sweep:
    """A sweep of what was ranked at each of `alphas`; all exact unless said otherwise."""
    each = list(ranked)
    marks = np.array(interpolated if interpolated is not None else [False] * len(alphas))
    return Sweep(
        split,
        tuple(alphas),
        list(article_ids),
        np.stack([one.ranks for one in each]),
        np.stack([one.reverse_ranks for one in each]),
        np.stack([one.top_images for one in each]),
        marks,
    )


def with_exact(sweep: Sweep, exact: Mapping[float, Ranked]) -> Sweep:
    """The sweep with what was ranked at some of its α's replaced by exact ones."""
    ranks, reverse, top_images = sweep.ranks.copy(), sweep.reverse_ranks.copy(), sweep.top_images.copy()
    interpolated = sweep.interpolated.copy()
    for alpha, one in exact.items():
        row = sweep.alphas.index(alpha)
        ranks[row], reverse[row], top_images[row] = one.ranks, one.reverse_ranks, one.top_images
        interpolated[row] = False
    return replace(sweep, ranks=ranks, reverse_ranks=reverse, top_images=top_images, interpolated=interpolated)
