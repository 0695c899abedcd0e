"""Charts of gains by period: a line with a 95 % band for each model, against a line at zero."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from core.analysis.bootstrap import Interval
from core.presentation.theme import CHANGE, MODEL_COLOURS, NEUTRAL, faded, hover
from core.presentation.wording import between_signed


def plot_bands(
    periods: Sequence[str], gains: Mapping[str, Sequence[tuple[float, Interval]]], x: str, y: str
) -> go.Figure:
    """Plot gains of models by period. gains: by model, (value, interval) of each period; x, y: titles of the axes."""
    figure = go.Figure()
    places = list(range(len(periods)))
    for model, values in gains.items():
        colour = MODEL_COLOURS[model]
        low, high = ([getattr(interval, end) for _, interval in values] for end in ("low", "high"))
        figure.add_scatter(
            x=[*places, *reversed(places)], y=[*high, *reversed(low)], fill="toself", fillcolor=faded(colour),
            mode="lines", line={"width": 0}, hoverinfo="skip", showlegend=False,
        )  # fmt: skip
        figure.add_scatter(
            x=places, y=[value for value, _ in values], name=model, mode="markers+lines", line={"color": colour},
            customdata=[between_signed(interval) for _, interval in values], text=list(periods),
            hovertemplate=f"%{{text}}<br>{hover('y', CHANGE)} (%{{customdata}})",
        )  # fmt: skip
    figure.add_hline(y=0, line={"color": NEUTRAL, "width": 1.5}, layer="below")
    figure.update_xaxes(title=x, tickvals=places, ticktext=list(periods), zeroline=False)
    return figure.update_yaxes(title=y, zeroline=False)
