"""Metrics of a run over α as lines to draw, for the Curves page and for figures in print, and the table behind them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from core.evaluation.alpha_selection import Selected
from core.evaluation.metrics import METRICS, table_metrics
from core.evaluation.overtakings import Steps, metric_steps
from core.evaluation.step_lines import drawn_steps
from core.presentation.curve_charts import Band, share_range
from core.workspace.sweep_results import Results

#: Pixels on the α axis that a line distinguishes: a panel over the whole width of a large screen.
RESOLUTION = 800


@dataclass(frozen=True)
class CurveLine:
    """The metrics of a run on one split over α.

    alphas: the swept α, float64 [A]. interpolated: bool [A]. values: by metric, float64 [A]. bands: 95 % intervals by
    metric. steps: by metric, exact between the swept α; empty if the sweep has no overtakings. difference: what
    distinguishes the run from the other runs.
    """

    domain: str
    run: str
    split: str
    n: int
    selected: Selected
    alphas: np.ndarray
    interpolated: np.ndarray
    values: Mapping[str, np.ndarray]
    steps: Mapping[str, Steps] = field(default_factory=dict)
    bands: Mapping[str, Band] = field(default_factory=dict)
    difference: str = ""

    @property
    def subject(self) -> tuple[str, str]:
        """Domain and run, of which there may be lines of several splits."""
        return self.domain, self.run

    @property
    def name(self) -> str:
        """The name in a legend."""
        return f"{self.run} · {self.split}, n = {self.n:,}"

    def corners(self, metric: str) -> tuple[np.ndarray, np.ndarray]:
        """Return α and values of the line to draw: the corners of its steps, or the swept points."""
        if metric not in self.steps:
            return self.alphas, self.values[metric]
        steps = self.steps[metric]
        return np.repeat(steps.edges, 2)[1:-1], np.repeat(steps.values, 2)

    def value_at(self, metric: str, alpha: float) -> float:
        """Return the value at the swept α nearest to `alpha`."""
        return float(self.values[metric][np.abs(self.alphas - alpha).argmin()])


@dataclass(frozen=True)
class CurvePanel:
    """A panel of a figure: lines of a metric on one axis. lines: those of its subject first."""

    title: str
    metric: str
    lines: Sequence[CurveLine]


def metric_panels(lines: Sequence[CurveLine], metrics: Iterable[str]) -> list[CurvePanel]:
    """Return a panel for each metric, each with all lines."""
    return [CurvePanel(METRICS[metric].label, metric, lines) for metric in metrics]


def curve_line(results: Results) -> CurveLine:
    """Return the line of a sweep on one split, without bands."""
    curve, info = results.curve, results.run.info
    steps = {}
    if results.overtakings is not None:
        steps = {
            metric: drawn_steps(metric_steps(results.overtakings, metric), RESOLUTION) for metric in table_metrics()
        }
    return CurveLine(
        info.domain,
        info.name,
        results.split,
        int(curve["n"].iloc[0]),
        results.info.selected,
        results.alphas,
        results.interpolated,
        {metric: curve[metric].to_numpy() for metric in table_metrics()},
        steps,
    )


def axis_range(lines: Sequence[CurveLine], metric: str) -> tuple[float, float]:
    """Return the lowest and highest value of an axis for the lines of a share with their bands."""
    values = [line.corners(metric)[1] for line in lines]
    return share_range([*values, *(end for line in lines if metric in line.bands for end in line.bands[metric])])


def curves_table(lines: Sequence[CurveLine], digits: int = 6) -> pd.DataFrame:
    """Return one row for each line and swept α: domain, run, split, n, alpha, interpolated, metrics, intervals.

    The interval of a metric has the columns {metric}_low and {metric}_high, empty for lines without bands.
    """
    parts = []
    for line in lines:
        part = pd.DataFrame({"domain": line.domain, "run": line.run, "split": line.split, "n": line.n,
                             "alpha": line.alphas, "interpolated": line.interpolated})  # fmt: skip
        for metric, values in line.values.items():
            low, high = line.bands.get(metric, (np.nan, np.nan))
            part = part.assign(**{metric: values, f"{metric}_low": low, f"{metric}_high": high})
        parts.append(part)
    return pd.concat(parts, ignore_index=True).round(digits)


def steps_table(lines: Sequence[CurveLine], digits: int = 6) -> pd.DataFrame:
    """Return one row for each drawn step: domain, run, split, n, metric, and from which alpha on the value holds."""
    parts = [
        pd.DataFrame({"domain": line.domain, "run": line.run, "split": line.split, "n": line.n, "metric": metric,
                      "alpha": steps.edges[:-1], "value": steps.values})
        for line in lines
        for metric, steps in line.steps.items()
    ]  # fmt: skip
    columns = ["domain", "run", "split", "n", "metric", "alpha", "value"]
    return (pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)).round(digits)
