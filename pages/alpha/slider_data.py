"""What the α slider draws from: small tables of metrics and histograms by α, ticks, an exact value."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from core.analysis.significance import curve_differences
from core.evaluation.histogram import BIN_NAMES, rank_histogram
from core.evaluation.metrics import metrics_of, table_metrics
from core.evaluation.sweep import Ranked


@dataclass(frozen=True)
class Tables:
    """Metrics and histograms by α, as lists for the browser. On the plane a row is [α_image, α_text], flattened.

    intervals: by metric and α, the 95 % intervals of the difference to zero-shot and to fine-tuned: low, high, low,
    high, in thousandths, which are shorter to send; none on the plane.
    """

    alphas: list[float]
    metrics: list[list[float]]
    intervals: list[list[list[int]]]
    histograms: list[list[int]]
    interpolated: list[bool]

    @cached_property
    def as_json(self) -> str:
        """Written once, and read by the browser only when it differs: it goes with every answer."""
        return json.dumps(vars(self) | {"names": table_metrics(), "bins": BIN_NAMES})


@dataclass(frozen=True)
class Tick:
    """A named α on the slider. hint: more of it; kind: start, end, best, or `paper before`, `paper after` it."""

    alpha: float
    label: str
    hint: str
    kind: str


@dataclass(frozen=True)
class Exact:
    """What exact weights gave at these α (one, or the towers'), in place of what the tables say."""

    alphas: list[float]
    metrics: list[float]
    histogram: list[int]

    @classmethod
    def of(cls, alphas: Sequence[float], ranked: Ranked) -> "Exact":
        """From an exact evaluation."""
        record = metrics_of(ranked.ranks)
        return cls(list(alphas), [record[name] for name in table_metrics()], rank_histogram(ranked.ranks).tolist())


def tables_of(alphas: Sequence[float], curve: pd.DataFrame, ranks: np.ndarray, interpolated: Sequence[bool]) -> Tables:
    """From metrics (a row for each α) and ranks int [rows, N]."""
    return Tables(
        [float(alpha) for alpha in alphas],
        [curve[name].round(9).tolist() for name in table_metrics()],  # fewer digits would be rounded twice
        [_intervals(ranks, name) for name in table_metrics()] if len(ranks) == len(alphas) else [],
        rank_histogram(ranks).tolist(),
        [bool(mark) for mark in interpolated],
    )


def _intervals(ranks: np.ndarray, metric: str) -> list[list[int]]:
    ends = np.concatenate(curve_differences(ranks, metric, (0, -1)))  # [4, A]
    return [[round(1000 * float(f"{end:.3f}")) for end in at_alpha] for at_alpha in ends.T.tolist()]


@dataclass(frozen=True)
class SliderData:
    """What the slider draws from. towers: (label, α) of each slider; served: the α's that the answer is for.

    flat: from where to where α is within noise of α*, None where that is not known. error: what to say of
    interpolated values; of: split and n.
    """

    tables: Tables
    towers: Sequence[tuple[str, float]]
    served: Sequence[float]
    ticks: Sequence[Tick]
    error: str
    of: str
    exact: Exact | None
    flat: tuple[float, float] | None = None

    def as_data(self) -> dict[str, Any]:
        """For alpha_hand.js."""
        return {
            "tables": self.tables.as_json,
            "towers": [{"label": label, "alpha": alpha} for label, alpha in self.towers],
            "served": list(self.served),
            "ticks": [vars(tick) for tick in self.ticks],
            "error": self.error,
            "of": self.of,
            "exact": vars(self.exact) if self.exact else None,
            "flat": self.flat,
        }
