"""The title of a figure, which carries n and split into every copy of it."""

import html
import math

import plotly.graph_objects as go

_TITLE, _BASIS, _LEGEND_ROW = 24, 26, 20  # pixels
_ROW = 40  # characters of a row of the legend in a window of 390 pixels


def titled(figure: go.Figure, title: str) -> go.Figure:
    """Set the title of a figure above its legend and return the figure.

    title: what is shown up to the first comma, then n and split, which become a second line.
    """
    what, _, basis = title.partition(", ")
    rows = math.ceil(sum(len(name) + 8 for name in _legend(figure)) / _ROW)
    return figure.update_layout(
        title={
            "text": html.escape(what), "subtitle": {"text": html.escape(basis), "font": {"size": 12}},
            "font": {"size": 13}, "x": 0, "xref": "container", "xanchor": "left", "y": 1, "yref": "container",
            "yanchor": "top", "pad": {"t": 4, "l": 4},
        },
        legend={"font": {"size": 11}},
        margin_t=_TITLE + (_BASIS if basis else 0) + _LEGEND_ROW * rows + 6,
    )  # fmt: skip


def _legend(figure: go.Figure) -> list[str]:
    """Return the names in the legend, which Plotly shows if there are two."""
    names = [trace.name for trace in figure.data if trace.showlegend is not False and trace.name]
    return names if figure.layout.showlegend is not False and len(names) > 1 else []
