"""Chart of ranks, and the paper's table 4 of the articles that match the filters."""

import numpy as np
import pandas as pd
import streamlit as st

from core.evaluation.models import Model
from core.evaluation.rank_changes import table_4
from core.presentation.rank_scatter import RankScatter
from core.workspace.sweep_results import Results
from pages.changes.scatter import show_scatter
from pages.changes.selection import Box
from pages.shared.charts import input_print, print_popover
from pages.shared.text import counted


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
    """Draw the chart with its figure for print, and table 4."""
    show_scatter(results, table, before, after, shown, box)
    n = f"{results.split}, n = {len(shown):,}" + ("" if len(shown) == len(table) else f" of {len(table):,}")
    st.caption(
        f"{n}, {before} → {after}. Below the diagonal, the rank improved. To filter, drag a box, drag a lasso with "
        "Shift, or click points."
    )
    info = results.run.info
    title = f"{info.domain} · {info.name} · rank {before} against {after}, {n}"
    caption = (
        f"Rank of each article's own image by {before} and by {after}, of run {info.name} on {info.domain} ({n}), on "
        "logarithmic axes. Below the diagonal, the rank improved."
    )
    name = f"{info.domain}-{info.name}-ranks"
    with print_popover(name):
        input_print(RankScatter(table, shown, before, after, title, caption), name)
    show_table_4(table, shown)
