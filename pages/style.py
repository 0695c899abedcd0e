"""Colours and chart settings that mean the same on every page.

The colours are Okabe and Ito's, which colour-blind readers can tell apart.
"""

import plotly.graph_objects as go

ZERO_SHOT, WISE_FT, FINE_TUNED = "#0072B2", "#D55E00", "#009E73"
MODEL_COLOURS = {"zero-shot": ZERO_SHOT, "WiSE-FT": WISE_FT, "fine-tuning": FINE_TUNED}
METRIC_COLOURS = {
    "recall@1": "#0072B2",
    "recall@5": "#56B4E9",
    "recall@10": "#009E73",
    "recall@50": "#E69F00",
    "recall@100": "#CC79A7",
    "mrr@100": "#D55E00",
}


def lay_out(figure: go.Figure, height: int) -> go.Figure:
    """One frame for all charts: no title (the page has it), legend above, room for a thumb."""
    return figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
        hovermode="x unified",
    )
