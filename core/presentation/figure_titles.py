"""The title line of a figure, which carries n and split into every copy of it."""

import html
import textwrap

import plotly.graph_objects as go

#: Characters of a line that fit a window of 390 pixels.
_WIDTH = 50
_LINE = 17  # pixels


def titled(figure: go.Figure, title: str) -> go.Figure:
    """Set the title of a figure above its legend, wrapped for narrow windows, and return the figure."""
    lines = textwrap.wrap(title, _WIDTH)
    return figure.update_layout(
        title={
            "text": "<br>".join(html.escape(line) for line in lines),
            "font": {"size": 13},
            "x": 0, "xref": "container", "xanchor": "left",
            "y": 1, "yref": "container", "yanchor": "top",
            "pad": {"t": 4, "l": 4},
        },
        margin_t=_LINE * len(lines) + (34 if _has_legend(figure) else 14),
    )  # fmt: skip


def _has_legend(figure: go.Figure) -> bool:
    named = [trace for trace in figure.data if trace.showlegend is not False and trace.name]
    return figure.layout.showlegend is not False and len(named) > 0
