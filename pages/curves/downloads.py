"""Downloads of the view "This run": the figure at print size, and the data behind it."""

from collections.abc import Sequence

import streamlit as st

from core.errors import InputError
from core.evaluation.metrics import METRICS, table_metrics
from core.presentation.curve_lines import CurveLine, curves_table, steps_table
from core.presentation.print_figure import DPI, WIDTHS, FigureFormat, PrintFigure, check_figures, write_figure
from core.storage.safe_csv import spreadsheet_csv
from pages.shared.errors import show_error
from pages.shared.text import plain

FORMATS: tuple[FigureFormat, ...] = ("png", "svg", "pdf")
_MIME = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf"}


def input_downloads(lines: Sequence[CurveLine], run: str) -> None:
    """Draw the buttons that download the figure and its data."""
    name = f"{lines[0].domain}-{run}"
    with st.container(horizontal=True, key="curves_downloads"):
        with st.popover("Figure for print", icon=":material/image:"):
            _input_figure(lines, run, name)
        st.download_button(
            "Curves as CSV",
            lambda: spreadsheet_csv(curves_table(lines)),
            f"{name}-curves.csv",
            "text/csv",
            icon=":material/download:",
            help="One row for each run, split and swept α, with the 95 % intervals of the selected run.",
            on_click="ignore",
        )
        if any(line.steps for line in lines):
            st.download_button(
                "Steps as CSV",
                lambda: spreadsheet_csv(steps_table(lines)),
                f"{name}-steps.csv",
                "text/csv",
                icon=":material/download:",
                help="The corners of the drawn lines: the exact value from each α on.",
                on_click="ignore",
            )


def _input_figure(lines: Sequence[CurveLine], run: str, name: str) -> None:
    """Draw the choices of the figure and its button, or say what to install."""
    try:
        check_figures()
    except InputError as error:
        show_error(error)
        return
    metrics = table_metrics()
    shown = st.pills(
        "Metrics", metrics, selection_mode="multi", default=metrics, format_func=lambda metric: METRICS[metric].label,
        key="figure_metrics",
    )  # fmt: skip
    width = st.segmented_control(
        "Width",
        list(WIDTHS),
        default="two columns",
        format_func=lambda width: f"{width}, {WIDTHS[width]:g} in",
        key="figure_width",
        required=True,
    )
    file_format = st.segmented_control(
        "Format",
        FORMATS,
        default="png",
        format_func=lambda kind: f"PNG, {DPI} dpi" if kind == "png" else kind.upper(),
        key="print_format",
        required=True,
    )
    has_others = len({line.run for line in lines}) > 1
    others = has_others and st.checkbox("With the other runs of the domain", key="figure_others")
    chosen = [line for line in lines if others or line.run == run]
    figure = PrintFigure(chosen, [metric for metric in metrics if metric in shown], WIDTHS[width or "two columns"])
    if not figure.metrics:
        st.caption("Select at least one metric.")
        return
    kind = file_format or "png"
    st.download_button(
        "Download figure",
        lambda: write_figure(figure, kind),
        f"{name}-curves.{kind}",
        _MIME[kind],
        type="primary",
        icon=":material/download:",
        on_click="ignore",
    )
    st.caption(f"Caption, also in the file: {plain(figure.caption)}")
