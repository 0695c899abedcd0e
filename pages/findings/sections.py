"""Report sections on a page: answer, text, tables and charts. All text is escaped."""

import pandas as pd
import streamlit as st

from core.presentation.blocks import Chart, Grid, Section, Words
from pages.page_files import page_file
from pages.shared.charts import show_figure
from pages.shared.text import plain

_FAINT = "opacity: 0.55"


def show_section(section: Section) -> None:
    """Show a section as in the report; selecting a row of some tables opens its articles in Rank changes."""
    st.subheader(plain(section.title))
    st.markdown(f"**{plain(section.answer)}**")
    for number, block in enumerate(section.blocks):
        if isinstance(block, Words):
            st.caption(plain(block.text))
        elif isinstance(block, Grid):
            _show_grid(block, f"{section.name}-{number}")
        else:
            assert isinstance(block, Chart)
            show_figure(block.figure, block.name, block.alt, block.height)


def _show_grid(grid: Grid, key: str) -> None:
    st.caption(plain(grid.caption) + (". Select a row to read its articles." if grid.opens else ""))

    def look(row: pd.Series) -> list[str]:
        return [_FAINT if row.name in grid.faint else ""] * len(row)

    table = grid.table.reset_index(drop=True)
    shown = table.style.apply(look, axis=1) if grid.faint else table
    if not grid.opens:
        st.dataframe(shown, hide_index=True, width="stretch", key=key)
        return
    event = st.dataframe(
        shown, hide_index=True, width="stretch", key=key, on_select="rerun", selection_mode="single-row"
    )
    rows = event["selection"]["rows"]
    if rows and rows[0] < len(grid.opens):
        st.switch_page(page_file("changes"), query_params=grid.opens[rows[0]])
