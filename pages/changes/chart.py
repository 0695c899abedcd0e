"""Chart of ranks, and the paper's table 4 of the articles that match the filters."""

import numpy as np
import pandas as pd
import streamlit as st

from core.evaluation.models import Model
from core.evaluation.rank_changes import table_4
from core.workspace.sweep_results import Results
from pages.changes.scatter import show_scatter
from pages.changes.selection import Box
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
    """Draw the chart and table 4."""
    show_scatter(results, table, before, after, shown, box)
    of = "" if len(shown) == len(table) else f" of {len(table):,}"
    st.caption(
        f"{results.split}, n = {len(shown):,}{of}, {before} → {after}. Below the diagonal, the rank improved. "
        "To filter, drag a box, drag a lasso with Shift, or click points."
    )
    show_table_4(table, shown)
