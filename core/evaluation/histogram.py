"""Histogram of ranks, in the bins between the k of the usual recalls."""

import numpy as np

#: Last rank of each bin except the open one; recall@1, 5, 10, 50 and 100 are sums of the first bins.
BIN_ENDS = (1, 5, 10, 50, 100)
BIN_NAMES = ("1", "2–5", "6–10", "11–50", "51–100", "over 100")


def rank_histogram(ranks: np.ndarray) -> np.ndarray:
    """Return the counts of ranks int [..., N] in BIN_NAMES: int64 [..., 6]; each sums to N."""
    up_to = np.stack([(ranks <= end).sum(axis=-1) for end in BIN_ENDS] + [np.full(ranks.shape[:-1], ranks.shape[-1])])
    return np.moveaxis(np.diff(up_to, axis=0, prepend=0), 0, -1)
