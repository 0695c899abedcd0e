"""The choice of published numbers to show next to the run's own, the same on all pages and in the URL."""

import streamlit as st

from core.evaluation.published import PAPERS, PUBLISHED, Paper
from pages.shared.session import PAPER

NONE = "none"
_NAMES = ", ".join(f"{paper} is {PUBLISHED[paper].name}" for paper in PAPERS)


def input_published() -> Paper | None:
    """Input a domain of the paper by its id, `?paper=rss` in the URL; None for no published numbers."""
    # Without format_func: Streamlit would write the formatted name into the URL.
    chosen = st.selectbox(
        "Compare with published numbers",
        [NONE, *PAPERS],
        width=340,
        help=f"Results of the paper (MediaEval NewsImages 2022) on its test set: {_NAMES}. They rest on other articles "
        "than yours, so compare the differences between models rather than the values.",
        **PAPER.bound,
    )
    return next((paper for paper in PAPERS if paper == chosen), None)
