"""Charts and their downloads, the same on every page (the theme: `core.presentation.theme`)."""

from typing import Any

import plotly.graph_objects as go
import streamlit as st

from core.errors import InputError
from core.presentation.print_chart import ChartFigure, can_print
from core.presentation.print_figure import DPI, WIDTHS, FigureFormat, Printable, check_figures, write_figure
from core.presentation.theme import TEMPLATE
from pages.shared.errors import show_error
from pages.shared.text import plain

FORMATS: tuple[FigureFormat, ...] = ("png", "svg", "pdf")
_MIME = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf"}
#: Size of an image that the camera saves: with scale 3 it has 300 dpi over the two columns of a journal, 7.2 inches.
_SAVED = {"format": "png", "scale": 3, "width": 720, "height": 480}


def show_figure(
    figure: go.Figure, name: str, alt: str, height: int = 360, has_camera: bool = True, **kwargs: Any
) -> Any:
    """Draw a chart with a text for screen readers, and return what st.plotly_chart returns.

    name: file name of the download, and key of the element. alt: the text. has_camera: whether a button saves the chart
    as the screen shows it. kwargs: for st.plotly_chart.
    """
    figure.update_layout(template=TEMPLATE, height=height)
    config = {"displaylogo": False, "toImageButtonOptions": {"filename": name} | _SAVED}
    if not has_camera:
        config["modeBarButtonsToRemove"] = ["toImage"]
    return st.plotly_chart(figure, width="stretch", key=name, alt=alt, config=config, **kwargs)


def show_printable(figure: ChartFigure, name: str, alt: str, height: int = 360, **kwargs: Any) -> Any:
    """Draw a chart as `show_figure` with a button below it that downloads it for print."""
    shown = show_figure(figure.chart, name, alt, height, has_camera=not can_print(figure.chart), **kwargs)
    if can_print(figure.chart):
        with print_popover(name):
            input_print(figure, name)
    return shown


def print_popover(name: str) -> Any:
    """Draw the button that opens the choices of a figure for print. name: as of `input_print`."""
    return st.popover("Figure for print", icon=":material/image:", key=f"print {name}")


def input_print(figure: Printable, name: str) -> None:
    """Draw width, format, button and caption of a figure for print, or say what to install. name: of the file."""
    try:
        check_figures()
    except InputError as error:
        show_error(error)
        return
    width = st.segmented_control(
        "Width",
        list(WIDTHS),
        default="two columns",
        format_func=lambda width: f"{width}, {WIDTHS[width]:g} in",
        key=f"print width {name}",
        required=True,
    )
    kind = st.segmented_control(
        "Format",
        FORMATS,
        default="png",
        format_func=lambda kind: f"PNG, {DPI} dpi" if kind == "png" else kind.upper(),
        key=f"print format {name}",
        required=True,
    )
    inches, file_format = WIDTHS[width or "two columns"], kind or "png"
    st.download_button(
        "Download figure",
        lambda: write_figure(figure, inches, file_format),
        f"{name}.{file_format}",
        _MIME[file_format],
        type="primary",
        icon=":material/download:",
        on_click="ignore",
        key=f"print download {name}",
    )
    st.caption(f"Caption, also in the file: {plain(figure.caption)}")
