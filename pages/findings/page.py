"""Why: what was found out about a run, question by question, each with its intervals, and the report to take away."""

from typing import Any

import streamlit as st

from core.errors import InputError
from core.findings.question import Question, RunContext, compute_or_load, load_cached
from core.findings.registry import QUESTIONS
from core.report.document import document
from core.report.html import as_html
from core.report.markdown import as_markdown
from pages.shared import session, sidebar
from pages.shared.analysis_job import input_analysis, show_analysis
from pages.shared.charts import input_figure_format
from pages.shared.errors import show_error
from pages.shared.sections import show_section
from pages.shared.text import plain

IN_SHORT = "In short"
BY_TITLE = {question.title: question for question in QUESTIONS}


def input_question() -> Question | None:
    """One of the questions, kept in the address; None for all of them in short."""
    chosen = st.selectbox("Question", [IN_SHORT, *BY_TITLE], width=480, **session.QUESTION.bound)
    return BY_TITLE.get(chosen)


def record_of(context: RunContext, question: Question) -> Any:
    """The answer, worked out now if it takes no time; None if it has to be asked for."""
    record = load_cached(question, context)
    if record is None and question.duration_hint is None:
        with st.spinner(f"{plain(question.title)} Working it out…"):
            return compute_or_load(question, context)
    return record


def show_in_short(context: RunContext) -> None:
    """Every question and its answer in a sentence or two."""
    for question in QUESTIONS:
        st.markdown(f"**{plain(question.title)}**")
        record = record_of(context, question)
        if record is None:
            st.caption(f"Not worked out for this run yet; it takes {plain(question.duration_hint or '')}.")
        else:
            st.markdown(plain(question.section(record, context).answer))


def show_question(context: RunContext, question: Question) -> None:
    """The section; or how long it takes, and a button."""
    record = record_of(context, question)
    if record is None:
        st.write(f"This was not worked out for this run yet; it takes {plain(question.duration_hint or '')}.")
        input_analysis(context, [question.name], "Work it out")
        return
    show_section(question.section(record, context))


def show_report(context: RunContext) -> None:
    """What of the report is there, and the report itself."""
    missing = [
        question
        for question in QUESTIONS
        if question.duration_hint is not None and load_cached(question, context) is None
    ]
    st.subheader("Report")
    st.caption(
        "One file with every answer, the paper's table, curves, settings and fingerprints; charts stay interactive "
        "without a network."
        + (f" Not worked out yet: {plain('; '.join(question.title for question in missing))}" if missing else "")
    )
    with_images = st.toggle("With the images of the articles that moved most", key="with_images")
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
            "As Markdown",
            lambda: as_markdown(document(context, ask_all=False, with_images=False)),
            f"{name}.md",
            "text/markdown",
        )
        if missing:
            input_analysis(context, [question.name for question in missing], "Work out all that is missing")


def main() -> None:
    """Draw the page."""
    st.title("Findings")
    workspace, domain, run = sidebar.require_run()
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
