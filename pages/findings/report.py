"""The report of a run for download, in a popover of the page's header."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.findings.question import Question, RunContext, load_cached
from core.report.document import document
from core.report.html import as_html
from core.report.markdown import as_markdown


def show_report(context: RunContext, questions: Sequence[Question[Any]]) -> None:
    """Offer the report, and say how many answers it lacks."""
    missing = sum(bool(question.duration_hint) and load_cached(question, context) is None for question in questions)
    with st.popover("Report", icon=":material/description:"):
        st.caption(
            "One file with every answer, the paper's tables, curves, settings and fingerprints. The charts stay "
            "interactive without a network."
            + (f" {missing} of {len(questions)} answers are not computed yet." if missing else "")
        )
        with_images = st.toggle(
            "Include images of the articles with the largest changes",
            key="with_images",
            help="Only in the HTML. Check first that you may pass the images on.",
        )
        name = f"{context.domain.info.slug}-{context.run.info.name}-report"
        with st.container(horizontal=True):
            st.download_button(
                "Report as HTML",
                lambda: as_html(document(context, ask_all=False, with_images=with_images)),
                f"{name}.html",
                "text/html",
                icon=":material/download:",
                on_click="ignore",
            )
            st.download_button(
                "Report as Markdown",
                lambda: as_markdown(document(context, ask_all=False, with_images=False)),
                f"{name}.md",
                "text/markdown",
                on_click="ignore",
            )
