"""Charts and their downloads, which look and work the same on every page (their look: `core.presentation.theme`)."""

from typing import Any

import plotly.graph_objects as go
import streamlit as st

from core.presentation.theme import TEMPLATE
from pages.shared import session

FIGURE_FORMATS = ("png", "svg")


def input_figure_format() -> None:
    """What the camera on every chart writes; kept for the session. Below the charts it is about."""
    st.segmented_control(
        "The camera on a chart saves",
        FIGURE_FORMATS,
        default=FIGURE_FORMATS[0],
        format_func=str.upper,
        key=session.FIGURE_FORMAT.key,
        persist_state="session",
    )


def show_figure(figure: go.Figure, name: str, alt: str, height: int = 360, **kwargs: Any) -> Any:
    """Draw a chart that a screen reader can name and that downloads as `name` from its camera.

    name: of the file, and the element's key. kwargs: of st.plotly_chart, as on_select; returns what it returns.
    """
    file_format = session.FIGURE_FORMAT.get() or FIGURE_FORMATS[0]
    figure.update_layout(template=TEMPLATE, height=height)
    config = {
        "displaylogo": False,
        "toImageButtonOptions": {"format": file_format, "filename": name, "scale": 2 if file_format == "png" else 1},
    }
    return st.plotly_chart(figure, width="stretch", key=name, alt=alt, config=config, **kwargs)
