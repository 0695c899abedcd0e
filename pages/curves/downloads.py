"""Downloads of figures of curves: at print size, and the data behind them."""

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from core.evaluation.metrics import METRICS, table_metrics
from core.presentation.curve_lines import CurveLine, curves_table, metric_panels, steps_table
from core.presentation.print_curves import CurveFigure
from core.presentation.print_figure import Printable
from core.storage.safe_csv import spreadsheet_csv
from pages.shared.charts import input_print, print_popover


def input_run_downloads(lines: Sequence[CurveLine], run: str) -> None:
    """Draw the buttons that download the figure of a run and its data."""
    name = f"{lines[0].domain}-{run}-curves"
    with st.container(horizontal=True, key="curves_downloads"):
        with print_popover(name):
            _input_figure(lines, run, name)
        input_table(
            "Curves as CSV",
            lambda: curves_table(lines),
            name,
            "One row for each run, split and swept α, with the 95 % intervals of the selected run.",
        )
        if any(line.steps for line in lines):
            input_table(
                "Steps as CSV",
                lambda: steps_table(lines),
                name.replace("-curves", "-steps"),
                "The corners of the drawn lines: the exact value from each α on.",
            )


def _input_figure(lines: Sequence[CurveLine], run: str, name: str) -> None:
    """Draw the choices of the figure and its button."""
    metrics = table_metrics()
    shown = st.pills(
        "Metrics", metrics, selection_mode="multi", default=metrics, format_func=lambda metric: METRICS[metric].label,
        key="figure_metrics",
    )  # fmt: skip
    has_others = len({line.run for line in lines}) > 1
    others = has_others and st.checkbox("With the other runs of the domain", key="figure_others")
    if not shown:
        st.caption("Select at least one metric.")
        return
    chosen = [line for line in lines if others or line.run == run]
    input_print(CurveFigure(metric_panels(chosen, [metric for metric in metrics if metric in shown])), name)


def input_downloads(figure: Printable, name: str, label: str, table: Callable[[], pd.DataFrame], about: str) -> None:
    """Draw the buttons that download a figure and its data; label and about: of the data's button."""
    with st.container(horizontal=True, key="curves_downloads"):
        with print_popover(name):
            input_print(figure, name)
        input_table(label, table, name, about)


def input_table(label: str, table: Callable[[], pd.DataFrame], name: str, about: str) -> None:
    """Draw a button that downloads a table, computed on the click, as CSV."""
    st.download_button(
        label,
        lambda: spreadsheet_csv(table()),
        f"{name}.csv",
        "text/csv",
        icon=":material/download:",
        help=about,
        on_click="ignore",
    )
