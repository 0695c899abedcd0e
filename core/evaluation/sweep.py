"""Ranks and metrics of a run over α."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from core.data.time_split import Split
from core.errors import InputError
from core.evaluation.metrics import metrics_of
from core.evaluation.overtakings import Overtakings

#: Images stored for each article at each α: two rows of a gallery. `rank` writes all hundred for one α.
SHOWN = 12

#: The α's of a continuous curve; a hundredth is finer than any difference that two hundred articles can show.
DENSE = tuple(step / 100 for step in range(101))


@dataclass(frozen=True)
class Ranked:
    """Results of one split at one α. ranks (text → image), reverse_ranks (image → text): int32 [N].

    top_images: int32 [N, K], each article's first K images as rows of the split's gallery; K is SHOWN, or all images.
    """

    ranks: np.ndarray
    reverse_ranks: np.ndarray
    top_images: np.ndarray


@dataclass(frozen=True)
class Sweep:
    """Results of one split at each α. alphas: sorted, [A]; article_ids: [N].

    ranks, reverse_ranks: int32 [A, N]; top_images: int32 [A, N, K].
    interpolated: bool [A], True if the ranks come from interpolated embeddings (core.interpolation.alpha_path).
    overtakings: between the α's; None if only single α's were evaluated.
    """

    split: Split
    alphas: tuple[float, ...]
    article_ids: list[str]
    ranks: np.ndarray
    reverse_ranks: np.ndarray
    top_images: np.ndarray
    interpolated: np.ndarray
    overtakings: Overtakings | None = None

    def curve(self) -> pd.DataFrame:
        """Return one row per α: alpha, split, interpolated, n, and the metrics by their names (text → image)."""
        return pd.DataFrame(
            [
                {"alpha": alpha, "split": self.split, "interpolated": bool(interpolated)} | metrics_of(ranks)
                for alpha, interpolated, ranks in zip(self.alphas, self.interpolated, self.ranks, strict=True)
            ]
        )

    def table(self) -> pd.DataFrame:
        """Return one row per article and α: article_id, split, alpha, rank (text → image) and reverse_rank."""
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


MIN_STEP = 1e-6  # between two α of a sweep, which are rounded to six digits


def parse_alphas(text: str) -> tuple[float, ...]:
    """Parse `0:1:0.05` (start:stop:step, inclusive) or `0,0.3,1`, and add 0 (zero-shot) and 1 (fine-tuned).

    Raises InputError.
    """
    try:
        if ":" in text:
            start, stop, step = (float(part) for part in text.split(":"))
            if not (start <= stop and MIN_STEP <= step < math.inf):  # false for nan
                raise ValueError
            values = [start, stop]
            if 0.0 <= start <= stop <= 1.0:
                # Rounded, so that 0.1 + 0.2 is 0.3 in tables and file names.
                values = [round(start + step * i, 6) for i in range(int((stop - start) / step + 1e-9) + 1)]
        else:
            values = [round(float(part), 6) for part in text.split(",")]
    except ValueError:
        raise InputError(
            f"Cannot read --alphas {text}. Give start:stop:step, such as 0:1:0.05, or a list, such as 0,0.3,1."
        ) from None
    outside = [value for value in values if not 0.0 <= value <= 1.0]
    if outside:
        raise InputError(
            f"--alphas {text} contains {outside[0]:g}, but α is from 0 (zero-shot) to 1 (fine-tuned). Remove it."
        )
    return tuple(sorted({0.0, 1.0, *values}))


def collect(
    split: Split,
    alphas: Sequence[float],
    article_ids: Sequence[str],
    ranked: Iterable[Ranked],
    interpolated: Sequence[bool] | None = None,
) -> Sweep:
    """Return the sweep of the results at each of `alphas`; all are exact unless `interpolated` marks them."""
    results = list(ranked)
    marks = np.array(interpolated if interpolated is not None else [False] * len(alphas))
    return Sweep(
        split,
        tuple(alphas),
        list(article_ids),
        np.stack([result.ranks for result in results]),
        np.stack([result.reverse_ranks for result in results]),
        np.stack([result.top_images for result in results]),
        marks,
    )


def with_exact(sweep: Sweep, exact: Mapping[float, Ranked]) -> Sweep:
    """Return the sweep with exact results at some α's, which replace those of the sweep or are added to them."""
    alphas = tuple(sorted({*sweep.alphas, *exact}))
    swept = {alpha: index for index, alpha in enumerate(sweep.alphas)}

    def column(of_sweep: np.ndarray, name: str) -> np.ndarray:
        return np.stack([getattr(exact[alpha], name) if alpha in exact else of_sweep[swept[alpha]] for alpha in alphas])

    return replace(
        sweep,
        alphas=alphas,
        ranks=column(sweep.ranks, "ranks"),
        reverse_ranks=column(sweep.reverse_ranks, "reverse_ranks"),
        top_images=column(sweep.top_images, "top_images"),
        interpolated=np.array([alpha not in exact and bool(sweep.interpolated[swept[alpha]]) for alpha in alphas]),
    )
