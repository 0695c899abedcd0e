"""An answer on a page: one sentence, one figure, and the rest behind an expander. All text is escaped."""

import pandas as pd
import streamlit as st

from core.presentation.blocks import Block, Chart, Grid, Section, Words
from core.presentation.figure_titles import titled
from core.presentation.print_chart import ChartFigure
from core.workspace.runs import Run
from pages.findings.card_html import state_line
from pages.page_files import page_file
from pages.shared.charts import show_printable
from pages.shared.text import plain

_FAINT = "opacity: 0.55"


def show_section(section: Section, run: Run) -> None:
    """Show a section about the run as in the report; rows of some tables open their articles in Rank changes."""
    with st.container(key="finding_answer", gap="xsmall"):
        st.html(state_line(section))
        st.header(plain(section.sentence))
    if section.lead is not None:
        _show_chart(section.lead, run)
    if section.answer != section.sentence:
        st.caption(plain(section.answer))
    tables = [block for block in section.details if isinstance(block, Grid)]
    names = ["Tables" if tables else "", "other figures" if _has_charts(section) else "", "how it is computed"]
    listed = [name for name in names if name]
    with st.expander(f"{', '.join(listed[:-1])} and {listed[-1]}" if listed[1:] else "How it is computed"):
        for number, block in enumerate(section.details):
            _show_block(block, f"{section.name}-{number}", run)


def _has_charts(section: Section) -> bool:
    return any(isinstance(block, Chart) for block in section.details)


def _show_block(block: Block, key: str, run: Run) -> None:
    if isinstance(block, Words):
        st.caption(plain(block.text))
    elif isinstance(block, Grid):
        _show_grid(block, key)
    else:
        _show_chart(block, run)


def _show_chart(chart: Chart, run: Run) -> None:
    figure = titled(chart.figure, chart.title) if chart.title else chart.figure
    title = f"{run.info.domain} · {run.info.name} · {chart.title}"
    caption = f"{chart.alt} Run {run.info.name} on {run.info.domain}. {chart.title}."
    show_printable(ChartFigure(figure, title, caption), chart.name, chart.alt, chart.height)


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
