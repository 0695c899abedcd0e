"""From ranks to the field's numbers: MRR@100, Recall@k, mean and median rank."""

from dataclasses import dataclass

import numpy as np

#: The first 100 images of an article count (paper, "The task").
DEPTH = 100
RECALL_AT = (1, 5, 10, 50, 100)


@dataclass(frozen=True)
class Metrics:
    """Averages over `n` articles. MRR and recalls lie in [0, 1]; ranks are in places, 1 is best."""

    n: int
    mrr_100: float
    recall_1: float
    recall_5: float
    recall_10: float
    recall_50: float
    recall_100: float
    mean_rank: float
    median_rank: float


#: Attribute of `Metrics` → the name in tables and files (DESIGN, "The words").
METRIC_NAMES = {
    "mrr_100": "mrr@100",
    "recall_1": "recall@1",
    "recall_5": "recall@5",
    "recall_10": "recall@10",
    "recall_50": "recall@50",
    "recall_100": "recall@100",
    "mean_rank": "mean_rank",
    "median_rank": "median_rank",
}


def metrics_of(ranks: np.ndarray) -> Metrics:
    """Metrics of int ranks [N], N at least 1, in any order. mrr@100 counts an article found after place 100 as 0."""
    if len(ranks) == 0:
        raise ValueError("no ranks: expected at least one article")
    ranks = np.sort(ranks)  # floats summed in another order differ in the last digit
    places = ranks.astype(np.float64)
    reciprocal = np.where(ranks <= DEPTH, 1.0 / places, 0.0)
    recall = {f"recall_{k}": float((ranks <= k).mean()) for k in RECALL_AT}
    return Metrics(
        n=len(ranks),
        mrr_100=float(reciprocal.mean()),
        mean_rank=float(places.mean()),
        median_rank=float(np.median(places)),
        **recall,
    )


def values_of(ranks: np.ndarray, metric: str) -> np.ndarray:
    """What each article adds to a metric, float64 of the shape of `ranks`; the metric is their mean (or median).

    metric: a name of tables and files. Raises KeyError for one that there is not.
    """
    if metric == "mrr@100":
        return np.where(ranks <= DEPTH, 1.0 / ranks, 0.0)
    if metric in ("mean_rank", "median_rank"):
        return ranks.astype(np.float64)
    depth = {f"recall@{k}": k for k in RECALL_AT}[metric]
    return (ranks <= depth).astype(np.float64)


def lower_is_better(metric: str) -> bool:
    """True for ranks, False for shares and reciprocals."""
    return metric in ("mean_rank", "median_rank")


def as_record(metrics: Metrics) -> dict[str, float]:
    """Metric name → value, by the names of tables and files; n first."""
    return {"n": metrics.n} | {name: getattr(metrics, attribute) for attribute, name in METRIC_NAMES.items()}
