"""Charts of metrics over α, for pages and reports: functions from tables to Plotly figures.

A curve over α has the colour of WiSE-FT in every chart, and its ends have those of zero-shot and fine-tuned.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.colors import get_colorscale

from core.evaluation.metrics import METRICS
from core.evaluation.models import Model
from core.presentation.theme import ALPHA, MODEL_COLOURS, NEUTRAL, SHADE, VALUE, faded, hover

DASHES = {"val": "solid", "test": "dot", "train": "dash"}
_PADDING = 0.08  # of the range of the values, above and below them
_LEAST_RANGE = 0.02  # of an axis: otherwise a metric that hardly changes looks as if it moved
_BOTH = f"image {hover('y', ALPHA)}, text {hover('x', ALPHA)}"


#: Colours of a heat map from the lowest to the highest value: Cividis, which colour-blind readers can distinguish.
PLANE_COLOURS = [colour for _, colour in get_colorscale("Cividis")]

#: Low and high of a metric at each α, [A] each.
Band = tuple[np.ndarray, np.ndarray]


def plot_metric(
    curve: pd.DataFrame,
    metric: str,
    selected: float,
    bands: Mapping[str, Band],
    flat: tuple[float, float] | None = None,
) -> go.Figure:
    """Plot a metric over α: a line with its 95 % band for each split of `curve`, with both ends and α* marked.

    bands: by split; may lack some. flat: the plateau of α*, shaded.
    """
    figure = go.Figure()
    if flat is not None:
        figure.add_vrect(*flat, fillcolor=NEUTRAL, opacity=SHADE, line_width=0, layer="below")
    for split, rows in curve.groupby("split", sort=False):
        n = int(rows["n"].iloc[0])
        if (band := bands.get(str(split))) is not None:
            figure.add_scatter(
                x=[*rows["alpha"], *rows["alpha"][::-1]],
                y=[*band[1], *band[0][::-1]],
                fill="toself",
                fillcolor=faded(MODEL_COLOURS[Model.WISE_FT]),
                line={"width": 0},
                mode="lines",
                hoverinfo="skip",
                showlegend=False,
            )
        figure.add_scatter(
            x=rows["alpha"],
            y=rows[metric],
            name=f"{split}, n = {n}",
            mode="lines",
            line={"color": MODEL_COLOURS[Model.WISE_FT], "dash": DASHES[str(split)], "width": 2},
            customdata=np.where(rows["interpolated"], "interpolated", "exact"),
            hovertemplate=f"α {hover('x', ALPHA)}: {hover('y', VALUE)} (%{{customdata}})",
        )
        figure.add_scatter(**_ends(rows, metric))
    best = curve[np.isclose(curve["alpha"], selected) & (curve["split"] == "val")]
    figure.add_scatter(
        x=best["alpha"], y=best[metric], mode="markers", name=f"α* = {selected:g}", showlegend=False,
        marker={"color": MODEL_COLOURS[Model.WISE_FT], "symbol": "diamond", "size": 11},
        hovertemplate=f"α* = {selected:g}: {hover('y', VALUE)}<extra></extra>",
    )  # fmt: skip
    figure.add_vline(x=selected, line={"color": MODEL_COLOURS[Model.WISE_FT], "dash": "dash", "width": 1})
    figure.update_xaxes(title="α", range=[-0.03, 1.03], tickvals=[0, 0.25, 0.5, 0.75, 1])
    figure.update_yaxes(title=METRICS[metric].label)
    if METRICS[metric].unit == "share":
        figure.update_yaxes(range=share_range([curve[metric], *(end for band in bands.values() for end in band)]))
    return figure.update_layout(showlegend=curve["split"].nunique() > 1)


def share_range(values: Iterable[np.ndarray | pd.Series]) -> tuple[float, float]:
    """Return the lowest and highest value of an axis for shares: with space around `values`, but inside [0, 1]."""
    every = np.concatenate([np.ravel(part) for part in values])
    low, high = float(every.min()), float(every.max())
    padding = max(_PADDING * (high - low), (_LEAST_RANGE - (high - low)) / 2)
    return max(low - padding, 0.0), min(high + padding, 1.0)


def _ends(rows: pd.DataFrame, metric: str) -> dict:
    ends = rows.iloc[[0, -1]]
    return {
        "x": ends["alpha"],
        "y": ends[metric],
        "mode": "markers",
        "marker": {
            "color": [MODEL_COLOURS[Model.ZERO_SHOT], MODEL_COLOURS[Model.FINE_TUNED]],
            "symbol": ["circle", "square"],
            "size": 10,
        },
        "showlegend": False,
        "text": [Model.ZERO_SHOT, Model.FINE_TUNED],
        "hovertemplate": f"%{{text}}: {hover('y', VALUE)}<extra></extra>",
    }


def plot_plane(table: pd.DataFrame, metric: str, best: pd.Series, selected: float) -> go.Figure:
    """Plot α_image × α_text as a heat map with its best point, and the diagonal of equal α."""
    wide = table.pivot(index="alpha_image", columns="alpha_text", values=metric)
    figure = go.Figure(
        go.Heatmap(
            x=wide.columns, y=wide.index, z=wide.to_numpy(), colorscale="Cividis",
            colorbar={"title": METRICS[metric].label},
            hovertemplate=f"{_BOTH}: {metric} {hover('z', VALUE)}<extra></extra>",
        )
    )  # fmt: skip
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"color": "white", "dash": "dot"},
        name="same α for both towers",
        hoverinfo="skip",
    )
    for alphas, name, symbol, colour in (
        ((selected, selected), f"α* = {selected:g}", "diamond", MODEL_COLOURS[Model.WISE_FT]),
        ((best["alpha_text"], best["alpha_image"]), "best point of the plane", "star", "white"),
    ):
        figure.add_scatter(
            x=[alphas[0]], y=[alphas[1]], mode="markers", name=name, hovertemplate=_BOTH,
            marker={"symbol": symbol, "size": 15, "color": colour, "line": {"color": "black", "width": 1.5}},
        )  # fmt: skip
    for x, y, name, colour, symbol in (
        (0, 0, Model.ZERO_SHOT, MODEL_COLOURS[Model.ZERO_SHOT], "circle"),
        (1, 1, Model.FINE_TUNED, MODEL_COLOURS[Model.FINE_TUNED], "square"),
    ):
        figure.add_scatter(
            x=[x], y=[y], mode="markers", name=name, hovertemplate=_BOTH,
            marker={"symbol": symbol, "size": 12, "color": colour, "line": {"color": "white", "width": 1.5}},
        )  # fmt: skip
    figure.update_xaxes(title="α of the text tower", range=[-0.025, 1.025], constrain="domain")
    return figure.update_yaxes(title="α of the image tower", range=[-0.025, 1.025], scaleanchor="x", constrain="domain")
