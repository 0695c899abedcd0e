"""Lines over α as the browser component of the Curves page gets them: values at the swept α and corners to draw."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.evaluation.alpha_selection import best_range
from core.evaluation.metrics import METRICS, table_metrics
from core.presentation.curve_lines import CurveLine, CurvePanel, axis_range

_DIGITS = 6


@dataclass(frozen=True)
class Named:
    """A line and how its row names it.

    name: run or domain. about: what else distinguishes it. is_subject: whether it has the colour and marks of WiSE-FT.
    """

    line: CurveLine
    name: str
    about: str
    is_subject: bool


def panels_data(
    rows: Sequence[Named], panels: Sequence[CurvePanel], alpha: float, reference: int = 0
) -> dict[str, Any]:
    """Return what the component draws.

    rows: all lines of `panels`. alpha: the current α. reference: the row whose swept α the pointer and the keys follow.
    """
    metrics = list(table_metrics())
    places = {id(row.line): place for place, row in enumerate(rows)}
    return {
        "alpha": alpha,
        "metrics": [{"label": METRICS[metric].label, "help": METRICS[metric].help} for metric in metrics],
        "reference": reference,
        "lines": [_line(row) for row in rows],
        "panels": [
            {
                "title": panel.title,
                "metric": metrics.index(panel.metric),
                "range": axis_range(panel.lines, panel.metric),
                "lines": [places[id(line)] for line in panel.lines],
            }
            for panel in panels
        ],
    }


def _line(row: Named) -> dict[str, Any]:
    line, selected = row.line, row.line.selected
    bands = [line.bands.get(metric) for metric in table_metrics()]
    return {
        "name": row.name,
        "split": line.split,
        "n": line.n,
        "difference": row.about,
        "chosen": row.is_subject,
        "selected": selected.alpha,
        "about": f"α* = {selected.alpha:g}, the highest val {selected.criterion}{best_range(selected)}",
        "alphas": _numbers(line.alphas),
        "interpolated": np.flatnonzero(line.interpolated).tolist(),
        "values": [_numbers(line.values[metric]) for metric in table_metrics()],
        "low": [None if band is None else _numbers(band[0]) for band in bands],
        "high": [None if band is None else _numbers(band[1]) for band in bands],
        "steps": [_steps(line, metric) for metric in table_metrics()] if line.steps else None,
    }


def _steps(line: CurveLine, metric: str) -> dict[str, list[float]]:
    steps = line.steps[metric]
    return {"at": _numbers(steps.at), "values": _numbers(steps.values)}


def _numbers(values: np.ndarray) -> list[float]:
    rounded: list[float] = np.round(values, _DIGITS).tolist()
    return rounded
