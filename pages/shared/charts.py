"""Charts and their downloads, the same on every page (the theme: `core.presentation.theme`)."""

from typing import Any

import plotly.graph_objects as go
import streamlit as st

from core.presentation.theme import TEMPLATE
from pages.shared import session

FIGURE_FORMATS = ("png", "svg")


def input_figure_format() -> None:
    """Input the format of downloaded charts, for the whole session. To be drawn below the charts."""
    st.segmented_control(
        "Format of downloaded charts",
        FIGURE_FORMATS,
        default=FIGURE_FORMATS[0],
        format_func=str.upper,
        key=session.FIGURE_FORMAT.key,
        help="Point at a chart and click the camera to download it in this format.",
        persist_state="session",
    )


def show_figure(figure: go.Figure, name: str, alt: str, height: int = 360, **kwargs: Any) -> Any:
    """Draw a chart with a text for screen readers, and return what st.plotly_chart returns.

    name: file name of the download, and key of the element. alt: the text. kwargs: for st.plotly_chart.
    """
    file_format = session.FIGURE_FORMAT.get() or FIGURE_FORMATS[0]
    figure.update_layout(template=TEMPLATE, height=height)
    config = {
        "displaylogo": False,
        "toImageButtonOptions": {"format": file_format, "filename": name, "scale": 2 if file_format == "png" else 1},
    }
    return st.plotly_chart(figure, width="stretch", key=name, alt=alt, config=config, **kwargs)
