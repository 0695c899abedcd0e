"""Metrics of ranks: MRR@100, Recall@k, mean and median rank.

Curves, tables, tiles, tests and `--criterion` use the registry `METRICS`. To add a metric, add an entry; earlier sweeps
get its values from their ranks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

#: Number of images of an article that count (paper, "The task").
DEPTH = 100


@dataclass(frozen=True)
class Metric:
    """Definition of a metric of ranks.

    name: in files, tables and on the command line. label: on the axes of charts. help: what it is, in a line.
    values: maps int ranks of any shape to each article's contribution, float64. average: combines the contributions.
    unit: shares are from 0 to 1 and appear in charts and tables; ranks start at 1, the best, and need the whole
    gallery. is_binary: each article contributes 0 or 1, for which tests are exact.
    """

    name: str
    label: str
    help: str
    values: Callable[[np.ndarray], np.ndarray]
    higher_is_better: bool = True
    average: Literal["mean", "median"] = "mean"
    unit: Literal["share", "rank"] = "share"
    is_binary: bool = False


def _recall(k: int) -> Metric:
    return Metric(
        f"recall@{k}",
        f"Recall@{k}",
        f"share of articles whose own image is among the first {k}",
        lambda ranks: (ranks <= k).astype(np.float64),
        is_binary=True,
    )


def _rank(average: Literal["mean", "median"]) -> Metric:
    return Metric(
        f"{average}_rank",
        f"{average} rank",
        f"{average} of the ranks, 1 is best",
        lambda ranks: ranks.astype(np.float64),
        higher_is_better=False,
        average=average,
        unit="rank",
    )


_MRR = Metric(
    "mrr@100",
    "MRR@100",
    "mean of 1 / rank; an article found after place 100 counts as 0",
    lambda ranks: np.where(ranks <= DEPTH, 1.0 / ranks, 0.0),
)

#: The metrics by name, in the order of the paper's tables.
METRICS: dict[str, Metric] = {
    metric.name: metric for metric in (_MRR, *(_recall(k) for k in (1, 5, 10, 50, 100)), _rank("mean"), _rank("median"))
}


def table_metrics() -> tuple[str, ...]:
    """Return the names of the metrics that are shares: the paper's five and recall@1, in the order of its tables."""
    return tuple(name for name, metric in METRICS.items() if metric.unit == "share")


def metrics_of(ranks: np.ndarray) -> dict[str, float]:
    """Return n and each metric, by name, of int ranks [N], N at least 1, in any order."""
    if len(ranks) == 0:
        raise ValueError("no ranks: expected at least one article")
    ranks = np.sort(ranks)  # floats summed in another order differ in the last digit
    found: dict[str, float] = {"n": len(ranks)}
    for name, metric in METRICS.items():
        average = np.median if metric.average == "median" else np.mean
        found[name] = float(average(metric.values(ranks)))
    return found


def values_of(ranks: np.ndarray, metric: str) -> np.ndarray:
    """Return each article's contribution to a metric, float64 of the shape of `ranks`. Raises KeyError if unknown."""
    return METRICS[metric].values(ranks)


def oriented(values: np.ndarray, metric: str) -> np.ndarray:
    """Return `values` of a metric so that higher is better."""
    return values if METRICS[metric].higher_is_better else -values
