"""Colours, charts and downloads that look and mean the same on every page.

The three colours are Okabe and Ito's, which colour-blind readers can tell apart, and stand for the three models
wherever they appear; other things are told apart by place, dash or shape.
"""

import plotly.graph_objects as go
import streamlit as st

ZERO_SHOT, WISE_FT, FINE_TUNED = "#0072B2", "#D55E00", "#009E73"
MODEL_COLOURS = {"zero-shot": ZERO_SHOT, "WiSE-FT": WISE_FT, "fine-tuned": FINE_TUNED}
NEUTRAL = "#8A8F98"  # readable on both themes

FIGURE_FORMATS = ("png", "svg")

#: One frame for all charts: no title (the page has it), legend above, room for a thumb.
TEMPLATE = go.layout.Template(
    layout={
        "margin": {"l": 8, "r": 8, "t": 28, "b": 8},
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
        "font": {"size": 13},
        "colorway": [WISE_FT, ZERO_SHOT, FINE_TUNED, NEUTRAL],
        "hoverlabel": {"namelength": -1},
    }
)


def input_figure_format() -> None:
    """What the camera on every chart writes; kept for the session. Below the charts it is about."""
    st.segmented_control(
        "The camera on a chart saves",
        FIGURE_FORMATS,
        default=FIGURE_FORMATS[0],
        format_func=str.upper,
        key="figure_format",
        persist_state="session",
    )


def show_figure(figure: go.Figure, name: str, alt: str, height: int = 360, **kwargs):
    """Draw a chart that a screen reader can name and that downloads as `name` from its camera.

    name: of the file, and the element's key. kwargs: of st.plotly_chart, as on_select; returns what it returns.
    """
    file_format = st.session_state.get("figure_format") or FIGURE_FORMATS[0]
    figure.update_layout(template=TEMPLATE, height=height)
    config = {
        "displaylogo": False,
        "toImageButtonOptions": {"format": file_format, "filename": name, "scale": 2 if file_format == "png" else 1},
    }
    return st.plotly_chart(figure, width="stretch", key=name, alt=alt, config=config, **kwargs)
