"""Findings page: the answers to questions about a run, with intervals, and the report for download."""

from typing import Any

import streamlit as st

from core.errors import InputError
from core.findings.question import Question, RunContext, compute_or_load, load_cached
from core.findings.registry import QUESTIONS
from core.report.document import document
from core.report.html import as_html
from core.report.markdown import as_markdown
from pages.findings.analysis_job import input_analysis, show_analysis
from pages.findings.sections import show_section
from pages.shared import session, sidebar
from pages.shared.charts import input_figure_format
from pages.shared.errors import show_error
from pages.shared.help_texts import FINDINGS, help_for
from pages.shared.text import plain

IN_SHORT = "In short"
BY_TITLE = {question.title: question for question in QUESTIONS}


def input_question() -> Question | None:
    """Input a question, which is in the URL; None for all of them in short."""
    chosen = st.selectbox(
        "Question", [IN_SHORT, *BY_TITLE], width=480, help=help_for("Question", "Finding"), **session.QUESTION.bound
    )
    return BY_TITLE.get(chosen)


def record_of(context: RunContext, question: Question) -> Any:
    """Return the answer, computed now if that is fast; None if it needs a job that has not run yet."""
    record = load_cached(question, context)
    if record is None and question.duration_hint is None:
        with st.spinner(f"{plain(question.title)} Computing the answer…"):
            return compute_or_load(question, context)
    return record


def show_in_short(context: RunContext) -> None:
    """Show every question with its answer in a sentence or two."""
    for question in QUESTIONS:
        st.markdown(f"**{plain(question.title)}**")
        record = record_of(context, question)
        if record is None:
            st.caption(
                f"Not computed for this run yet. It takes {plain(question.duration_hint or '')}: choose the question "
                "above."
            )
        else:
            st.markdown(plain(question.section(record, context).answer))


def show_question(context: RunContext, question: Question) -> None:
    """Show the answer; if it is not computed yet, the time it takes and a button."""
    record = record_of(context, question)
    if record is None:
        st.write(f"The answer is not computed for this run yet. It takes {plain(question.duration_hint or '')}.")
        input_analysis(context, [question.name], "Compute the answer")
        return
    show_section(question.section(record, context))


def show_report(context: RunContext) -> None:
    """Offer the report, and list the answers that it still lacks."""
    missing = [
        question
        for question in QUESTIONS
        if question.duration_hint is not None and load_cached(question, context) is None
    ]
    st.subheader("Report", help=help_for("Finding", "Interval"))
    st.caption(
        "One file with every answer, the paper's tables, curves, settings and fingerprints. The charts stay "
        "interactive without a network."
        + (f" Not computed yet: {plain(' '.join(question.title for question in missing))}" if missing else "")
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
        )
        st.download_button(
            "Report as Markdown",
            lambda: as_markdown(document(context, ask_all=False, with_images=False)),
            f"{name}.md",
            "text/markdown",
        )
        if missing:
            input_analysis(context, [question.name for question in missing], "Compute all missing answers")


def main() -> None:
    """Draw the page."""
    header = sidebar.show_title(FINDINGS)
    workspace, domain, run = sidebar.require_run(FINDINGS)
    with header:
        sidebar.show_heading(domain, run)
    context = RunContext(run, domain, workspace)
    show_analysis(context)
    try:
        question = input_question()
        if question is None:
            show_in_short(context)
        else:
            show_question(context, question)
            input_figure_format()
        show_report(context)
    except InputError as error:
        show_error(error)


main()
