"""Downloads of the view "This run": the figure for print and the data behind it."""

from collections.abc import Sequence

import streamlit as st

from core.presentation.curve_lines import CurveLine, curves_table, steps_table
from core.storage.safe_csv import spreadsheet_csv


def input_downloads(lines: Sequence[CurveLine], run: str) -> None:
    """Draw the buttons that download the figure and its data."""
    name = f"{lines[0].domain}-{run}"
    with st.container(horizontal=True):
        st.download_button(
            "Curves as CSV", lambda: spreadsheet_csv(curves_table(lines)), f"{name}-curves.csv", "text/csv"
        )
        if any(line.steps for line in lines):
            st.download_button(
                "Exact steps as CSV", lambda: spreadsheet_csv(steps_table(lines)), f"{name}-steps.csv", "text/csv"
            )
