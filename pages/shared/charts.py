"""Charts and their downloads, the same on every page (the theme: `core.presentation.theme`)."""

from collections.abc import Sequence
from html import escape
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from core.presentation.theme import TEMPLATE
from pages.shared import session

FIGURE_FORMATS = ("png", "svg")
#: Size of a downloaded chart: with scale 3 it has 300 dpi over the two columns of a journal, 7.2 inches.
PRINT_SIZE = {"width": 720, "height": 480}


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


def show_figure(
    figure: go.Figure, name: str, alt: str, height: int = 360, title: Sequence[str] = (), **kwargs: Any
) -> Any:
    """Draw a chart with a text for screen readers, and return what st.plotly_chart returns.

    name: file name of the download, and key of the element. alt: the text. title: what a downloaded chart has to say
    about itself: domain, run, split with n, interval. kwargs: for st.plotly_chart.
    """
    file_format = session.FIGURE_FORMAT.get() or FIGURE_FORMATS[0]
    figure.update_layout(template=TEMPLATE, height=height)
    if title:
        words = escape(" · ".join(title))
        figure.update_layout(title={"text": words, "font": {"size": 12}, "x": 0, "y": 0.99, "yanchor": "top"})
        figure.update_layout(margin={"t": 52 if figure.layout.showlegend is not False else 30})
    config = {
        "displaylogo": False,
        "toImageButtonOptions": {"format": file_format, "filename": name, "scale": 3 if file_format == "png" else 1}
        | PRINT_SIZE,
    }
    return st.plotly_chart(figure, width="stretch", key=name, alt=alt, config=config, **kwargs)
