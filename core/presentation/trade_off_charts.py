"""Charts of a metric on the own domain against the same metric on another: along α, and for all merges.

Up is better on the own domain, right is better on the other. Pareto-optimal points are marked.
"""

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.analysis.bootstrap import MIN_FOR_INTERVAL, Interval
from core.analysis.significance import ModelMetric
from core.analysis.trade_off import pareto
from core.evaluation.metrics import METRICS
from core.evaluation.models import Model
from core.presentation.theme import MODEL_COLOURS, NEUTRAL, VALUE, hover
from core.presentation.wording import between, number

_BOTH = f"this domain {hover('y', VALUE)}, other domain {hover('x', VALUE)}"
_MARKS = {Model.ZERO_SHOT: "circle", Model.FINE_TUNED: "square", Model.WISE_FT: "diamond"}
_DIAMOND = 2  # Plotly's number; the following ones are of other shapes


@dataclass(frozen=True)
class MergePoints:
    """The tried mixes of a merge, in words, with a metric on both domains, and which are Pareto-optimal."""

    mixes: Sequence[str]
    own: Sequence[float]
    control: Sequence[float]
    optimal: np.ndarray


def joined(own: pd.DataFrame, elsewhere: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Join two curves of `core.analysis.trade_off.with_intervals` at equal α, with a column `optimal`.

    Columns of the other domain end in _elsewhere.
    """
    both = own.merge(elsewhere, on="alpha", suffixes=("", "_elsewhere"))
    optimal = pareto(both[metric].to_numpy(), both[f"{metric}_elsewhere"].to_numpy())
    return both.assign(optimal=optimal)


def trade_off_sentences(both: pd.DataFrame, metric: str, names: tuple[str, str]) -> str:
    """Return at which α of `joined` both domains gain, and which α are Pareto-optimal. names: own, other."""
    gains = ((both[f"{metric}_gain"] > 0) & (both[f"{metric}_gain_elsewhere"] > 0)).to_numpy()
    alphas = both["alpha"].to_numpy()
    where = f"on {names[0]} and on {names[1]}"
    better = (
        f"At α = {_ranges(alphas, gains)}, {metric} is better than at both ends {where}, by more than the 95 % "
        f"intervals of the differences at that α."
        if gains.any()
        else f"No α is better than both ends {where} by more than the 95 % intervals of the differences."
    )
    few = int(both[["n", "n_elsewhere"]].to_numpy().min())
    caution = f" With n = {few}, intervals can be too narrow." if few < MIN_FOR_INTERVAL else ""
    optimal = alphas[both["optimal"].to_numpy()]
    low, high = f"{optimal[0]:g}", f"{optimal[-1]:g}"
    span = f"α = {low}" if low == high else f"{len(optimal)} of {len(alphas)} α, from {low} to {high}"
    return f"{better}{caution} Pareto-optimal: {span}."


def _ranges(alphas: np.ndarray, marked: np.ndarray) -> str:
    """Return the marked α in words, neighbours as ranges: `0.1 to 0.3, 0.5`."""
    steps = np.diff(np.concatenate([[0], marked.astype(int), [0]]))
    starts, ends = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1) - 1
    pairs = [(f"{alphas[start]:g}", f"{alphas[end]:g}") for start, end in zip(starts, ends, strict=True)]
    return ", ".join(low if low == high else f"{low} to {high}" for low, high in pairs)


def plot_trace(both: pd.DataFrame, metric: str, names: tuple[str, str], selected: float) -> go.Figure:
    """Plot `joined` curves: thick where α is Pareto-optimal, with intervals at both ends and at α*."""
    figure, x, y = go.Figure(), both[f"{metric}_elsewhere"], both[metric]
    colour = MODEL_COLOURS[Model.WISE_FT]
    figure.add_scatter(
        x=x, y=y, mode="lines", name=f"{Model.WISE_FT}, along α", line={"color": colour, "width": 1, "dash": "dash"},
        hoverinfo="skip",
    )  # fmt: skip
    figure.add_scatter(
        x=x.where(both["optimal"]), y=y.where(both["optimal"]), mode="lines+markers", name="Pareto-optimal",
        line={"color": colour, "width": 3}, marker={"size": 6}, hoverinfo="skip",
    )  # fmt: skip
    tenths = both[np.isclose((both["alpha"] * 10) % 1, 0) | np.isclose((both["alpha"] * 10) % 1, 1)]
    figure.add_scatter(
        x=tenths[f"{metric}_elsewhere"], y=tenths[metric], mode="markers", name="every tenth of α",
        marker={"color": NEUTRAL, "size": 6}, hoverinfo="skip",
    )  # fmt: skip
    figure.add_scatter(
        x=x, y=y, mode="markers", marker={"size": 12, "opacity": 0}, showlegend=False,
        text=[_point(row, metric, names) for _, row in both.iterrows()], hovertemplate="%{text}<extra></extra>",
    )  # fmt: skip
    for alpha, model in ((0.0, Model.ZERO_SHOT), (1.0, Model.FINE_TUNED), (selected, Model.WISE_FT)):
        point = both.iloc[int((both["alpha"] - alpha).abs().argmin())]
        bounds = (tuple(point[f"{metric}{end}{side}"] for end in ("", "_low", "_high")) for side in ("_elsewhere", ""))
        name = f"α* = {selected:g}" if model == Model.WISE_FT else str(model)
        _add_model(figure, model, name, *bounds)
    return _with_axes(figure, metric, names, (int(both["n"].iloc[0]), int(both["n_elsewhere"].iloc[0])))


def _point(row: pd.Series, metric: str, names: tuple[str, str]) -> str:
    """Return what a point of `joined` is: its α, the metric on both domains, and whether it is Pareto-optimal."""
    lines = [f"α = {row['alpha']:g}{', Pareto-optimal' if row['optimal'] else ''}"]
    for name, end in zip(names, ("", "_elsewhere"), strict=True):
        interval = Interval(row[f"{metric}_low{end}"], row[f"{metric}_high{end}"])
        lines.append(f"{html.escape(name)}: {number(row[f'{metric}{end}'])} (95 % interval {between(interval)})")
    return "<br>".join(lines)


def plot_merges(
    merges: Mapping[str, MergePoints],
    models: Mapping[str, tuple[ModelMetric, ModelMetric]],
    names: tuple[str, str],
    n: tuple[int, int],
) -> go.Figure:
    """Plot the tried mixes of all merges, large where Pareto-optimal. models: (own, other) of those with intervals."""
    figure = go.Figure()
    for symbol, (label, points) in enumerate(merges.items(), _DIAMOND):
        colour = MODEL_COLOURS.get(label, NEUTRAL)
        sizes, opacities = np.where(points.optimal, 12, 5), np.where(points.optimal, 1, 0.6)
        figure.add_scatter(
            x=points.control, y=points.own, name=label, customdata=list(points.mixes),
            mode="lines+markers" if label == Model.WISE_FT else "markers", line={"color": colour, "width": 1},
            marker={"symbol": symbol, "color": colour, "size": sizes, "opacity": opacities},
            hovertemplate=f"%{{customdata}}: {_BOTH}",
        )  # fmt: skip
    for model, both in models.items():
        name = f"{model} at its choice" if model == Model.WISE_FT else str(model)
        other, own = ((each.value, each.interval.low, each.interval.high) for each in reversed(both))
        _add_model(figure, model, name, other, own)
    figure.update_layout(legend={"itemsizing": "constant"})
    return _with_axes(figure, next(iter(models.values()))[0].metric, names, n)


def _add_model(figure: go.Figure, model: str, name: str, x: Sequence[float], y: Sequence[float]) -> None:
    """Add a model with error bars; x, y: (value, low, high)."""
    x_bar, y_bar = (_bar(*bounds) for bounds in (x, y))
    own, other = (f"{number(value)} (95 % interval {between(Interval(low, high))})" for value, low, high in (y, x))
    figure.add_scatter(
        x=[x[0]], y=[y[0]], error_x=x_bar, error_y=y_bar, mode="markers", name=name,
        text=[f"{html.escape(name)}<br>this domain: {own}<br>other domain: {other}"],
        hovertemplate="%{text}<extra></extra>",
        marker={"color": MODEL_COLOURS[model], "symbol": _MARKS[Model(model)], "size": 13},
    )  # fmt: skip


def _bar(value: float, low: float, high: float) -> dict[str, Any]:
    return {"type": "data", "array": [high - value], "arrayminus": [value - low], "thickness": 1}


def _with_axes(figure: go.Figure, metric: str, names: tuple[str, str], n: tuple[int, int]) -> go.Figure:
    figure.update_xaxes(title=f"{METRICS[metric].label} on {names[1]} (other domain), n = {n[1]}")
    return figure.update_yaxes(title=f"{METRICS[metric].label} on {names[0]} (this domain), n = {n[0]}")
