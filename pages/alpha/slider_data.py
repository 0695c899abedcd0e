"""Data of the α slider: small tables of metrics and histograms by α, named α, and exact values."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from core.analysis.significance import curve_differences, curve_significance
from core.evaluation.histogram import BIN_NAMES, rank_histogram
from core.evaluation.metrics import metrics_of, table_metrics
from core.evaluation.sweep import Ranked


@dataclass(frozen=True)
class Tables:
    """Metrics and histograms by α, as lists for the browser. On the plane a row is [α_image, α_text], flattened.

    intervals: by metric and α, the 95 % intervals of the difference to zero-shot and to fine-tuned: low, high, low,
    high, in thousandths, because integers make a shorter message; empty on the plane. significant: by metric and α, the
    sum of 1 if the difference to zero-shot is significant and 2 if that to fine-tuned is.
    """

    alphas: list[float]
    metrics: list[list[float]]
    intervals: list[list[list[int]]]
    significant: list[list[int]]
    histograms: list[list[int]]
    interpolated: list[bool]

    @cached_property
    def as_json(self) -> str:
        """The tables as JSON, encoded once because every message contains them; the browser parses only changes."""
        return json.dumps(vars(self) | {"names": table_metrics(), "bins": BIN_NAMES})


@dataclass(frozen=True)
class Tick:
    """A named α on the slider.

    hint: tooltip. kind: start, end, best, `paper before` or `paper after`, which are classes of the style sheet.
    """

    alpha: float
    label: str
    hint: str
    kind: str


@dataclass(frozen=True)
class Exact:
    """Exact values at these α (one, or one for each tower), which replace those of the tables."""

    alphas: list[float]
    metrics: list[float]
    histogram: list[int]

    @classmethod
    def of(cls, alphas: Sequence[float], ranked: Ranked) -> "Exact":
        """Return the values of an exact evaluation."""
        record = metrics_of(ranked.ranks)
        return cls(list(alphas), [record[name] for name in table_metrics()], rank_histogram(ranked.ranks).tolist())


def tables_of(alphas: Sequence[float], curve: pd.DataFrame, ranks: np.ndarray, interpolated: Sequence[bool]) -> Tables:
    """Return the tables for metrics (a row for each α) and ranks, int [rows, N]."""
    has_intervals = len(ranks) == len(alphas)
    return Tables(
        [float(alpha) for alpha in alphas],
        [curve[name].round(9).tolist() for name in table_metrics()],  # with fewer digits the browser would round twice
        [_intervals(ranks, name) for name in table_metrics()] if has_intervals else [],
        _significant(ranks) if has_intervals else [],
        rank_histogram(ranks).tolist(),
        [bool(mark) for mark in interpolated],
    )


def _intervals(ranks: np.ndarray, metric: str) -> list[list[int]]:
    ends = np.concatenate(curve_differences(ranks, metric, (0, -1)))  # [4, A]
    return [[round(1000 * float(f"{end:.3f}")) for end in at_alpha] for at_alpha in ends.T.tolist()]


def _significant(ranks: np.ndarray) -> list[list[int]]:
    found = curve_significance(ranks, table_metrics(), (0, -1)).astype(int)  # [metrics, 2, A]
    return (found[:, 0] + 2 * found[:, 1]).tolist()


@dataclass(frozen=True)
class SliderData:
    """All data of the slider.

    towers: (label, α) of each slider. served: the α of the board. error: text about interpolated values. of: split and
    n. flat: first and last α of the plateau, None if unknown.
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
        """Return the data for slider_data.js."""
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
