"""The choice of published numbers to show next to the run's own; its URL parameter is the paper's id of the domain."""

import streamlit as st

from core.evaluation.published import PAPERS, PUBLISHED, Paper
from pages.shared.session import PAPER

NONE = "none"


def input_published() -> Paper | None:
    """Input a domain of the paper, `?paper=rss` in the URL; None for no published numbers."""
    chosen = st.selectbox(
        "Compare with published numbers",
        [NONE, *PAPERS],
        format_func=lambda paper: paper if paper == NONE else PUBLISHED[paper].name,
        width=340,
        help="Results of the paper (MediaEval NewsImages 2022) on its test set. They rest on other articles than "
        "yours, so compare the differences between models rather than the values.",
        **PAPER.bound,
    )
    return next((paper for paper in PAPERS if paper == chosen), None)
