"""Scatter plot of ranks, and the counts and the paper's table 4 of the articles that match the filters."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from core.evaluation.models import Model
from core.evaluation.rank_changes import table_4
from core.presentation.print_chart import ChartFigure
from core.workspace.sweep_results import Results
from pages.changes.selection import Box, choose_points
from pages.changes.table import DIRECTIONS
from pages.shared.charts import input_print, print_popover, show_figure
from pages.shared.session import SessionValue
from pages.shared.text import counted, shorten

SCATTER = "rank_scatter"
HEIGHT = 400
LOOKS = {
    "improved": ("#56B4E9", "triangle-up"),
    "worsened": ("#CC79A7", "triangle-down"),
    "unchanged": ("#8A8F98", "circle"),
}
ARROWS = {"improved": "▲", "worsened": "▼", "unchanged": "="}
_GREY = "rgba(138,143,152,0.25)"


def plot_scatter(
    table: pd.DataFrame, headlines: list[str], before: Model, after: Model, shown: np.ndarray, box: Box | None
) -> go.Figure:
    """Plot rank against rank on logarithmic axes; each point is an article and has its row as custom data.

    shown: rows of the articles that match the filters; the others are grey.
    """
    figure = go.Figure()
    top = max(10, int(table[["before", "after"]].to_numpy().max()))
    figure.add_scatter(
        x=[1, top],
        y=[1, top],
        mode="lines",
        line={"color": "#8A8F98", "dash": "dot"},
        hoverinfo="skip",
        showlegend=False,
    )
    is_shown = np.isin(np.arange(len(table)), shown)
    directions = table["direction"].to_numpy()
    groups = [(f"{name} ({(is_shown & (directions == name)).sum():,})", name) for name in DIRECTIONS]
    for label, direction in [("other articles", None), *groups]:
        rows = np.flatnonzero(~is_shown if direction is None else is_shown & (directions == direction))
        if direction is None and not len(rows):
            continue
        colour, symbol = LOOKS[direction] if direction is not None else (_GREY, "circle")
        figure.add_scatter(
            x=table["before"].iloc[rows], y=table["after"].iloc[rows], mode="markers", name=label,
            marker={"color": colour, "symbol": symbol, "size": 8 if direction else 5, "opacity": 0.75},
            customdata=[[int(row), headlines[row]] for row in rows],
            hovertemplate=f"%{{customdata[1]}}<br>{before} %{{x}} → {after} %{{y}}<extra></extra>",
        )  # fmt: skip
    if box is not None:
        figure.add_shape(
            type="rect", x0=box.left * 0.93, x1=box.right * 1.07, y0=box.low * 0.93, y1=box.high * 1.07,
            line={"color": "#8A8F98", "dash": "dash", "width": 1.5},
        )  # fmt: skip
    ticks = [tick for tick in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000) if tick <= top * 1.5]
    figure.update_xaxes(title=f"rank, {before}", type="log", tickvals=ticks)
    figure.update_yaxes(title=f"rank, {after}", type="log", tickvals=ticks)
    return figure.update_layout(dragmode="select", hovermode="closest")


def show_scatter(
    results: Results, table: pd.DataFrame, before: Model, after: Model, shown: np.ndarray, box: Box | None
) -> None:
    """Draw the scatter plot; a selection of points in it becomes a filter."""
    articles = results.articles
    headlines = [shorten(title or text, 80) for title, text in zip(articles["title"], articles["text"], strict=True)]
    figure = plot_scatter(table, headlines, before, after, shown, box)
    alt = f"Scatter plot of the ranks of {counted(len(table), 'article')}: {before} against {after}."
    event = SessionValue[dict](SCATTER, {})
    show_figure(
        figure, SCATTER, alt, HEIGHT, has_camera=False, selection_mode=("points", "box", "lasso"),
        on_select=lambda: choose_points(table, event.get()),
    )  # fmt: skip
    info = results.run.info
    n = f"{results.split}, n = {len(shown):,}" + ("" if len(shown) == len(table) else f" of {len(table):,}")
    title = f"{info.domain} · {info.name} · rank {before} against {after}, {n}"
    caption = (
        f"Rank of each article's own image by {before} and by {after}, of run {info.name} on {info.domain} ({n}), on "
        f"logarithmic axes. Below the diagonal, the rank improved."
    )
    name = f"{info.domain}-{info.name}-ranks"
    with print_popover(name):
        input_print(ChartFigure(figure, title, caption), name)


def show_counts(results: Results, table: pd.DataFrame, shown: np.ndarray, before: Model, after: Model) -> None:
    """Show how many of the articles that match the filters improved, worsened or did not change."""
    counts = table["direction"].iloc[shown].value_counts()
    parts = [f"{ARROWS[name]} **{int(counts.get(name, 0)):,}** {name}" for name in DIRECTIONS]
    of = "" if len(shown) == len(table) else f" of {len(table):,}"
    st.markdown(" · ".join(parts))
    st.caption(f"{results.split}, n = {len(shown):,}{of}, {before} → {after}. Drag a box or click points to filter.")


def show_table_4(table: pd.DataFrame, shown: np.ndarray) -> None:
    """Show the paper's table 4 of the articles that match the filters."""
    zero_shot, fine_tuned, wise_ft = (table[name].to_numpy()[shown] for name in Model)
    paper = table_4(zero_shot, fine_tuned, wise_ft)
    up, down = (f"{value:.3f}" if value is not None else "none" for value in (paper.improvement, paper.decrease))
    of = f"all {len(table):,} articles" if len(shown) == len(table) else f"these {counted(len(shown), 'article')}"
    st.caption(
        f"**Table 4 of the paper**, of {of} (fine-tuned → WiSE-FT, for the {counted(paper.n, 'article')} that "
        f"fine-tuning improved and that both models rank among the first 100): {paper.n_improved:,} up by {up} ranks "
        f"on average, {paper.n_decreased:,} down by {down}. The Curves page has other readings of it."
    )


def show_chart(
    results: Results, table: pd.DataFrame, before: Model, after: Model, shown: np.ndarray, box: Box | None
) -> None:
    """Draw counts, chart and table 4."""
    show_counts(results, table, shown, before, after)
    show_scatter(results, table, before, after, shown, box)
    st.caption("Below the diagonal, the rank improved.")
    show_table_4(table, shown)
