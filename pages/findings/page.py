"""Findings page: a card for each question about a run, the answers with intervals, and the report for download."""

from typing import Any

import streamlit as st

from core.errors import InputError
from core.findings.durations import duration
from core.findings.newsrooms import NewsroomsFound
from core.findings.question import Question, RunContext, compute_or_load, load_cached
from core.findings.registry import QUESTIONS
from pages.findings.analysis_job import input_analysis, show_analysis
from pages.findings.cards import show_cards
from pages.findings.report import show_report
from pages.findings.sections import show_section
from pages.findings.triangle import show_triangle
from pages.shared import session, sidebar
from pages.shared.errors import show_error
from pages.shared.help_texts import FINDINGS
from pages.shared.text import plain

IN_SHORT = "In short"
BY_TITLE = {question.title: question for question in QUESTIONS}


def input_question() -> Question | None:
    """Input a question, which is in the URL; None for all of them in short."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Answer to show", [IN_SHORT, *BY_TITLE], width=480, label_visibility="collapsed", **session.QUESTION.bound
        )
        if chosen in BY_TITLE:
            st.button(
                "All findings",
                key="all_findings",
                icon=":material/arrow_back:",
                on_click=session.QUESTION.set,
                args=(IN_SHORT,),
            )
    return BY_TITLE.get(chosen)


def record_of(context: RunContext, question: Question) -> Any:
    """Return the answer, computed now if that is fast; None if it needs a job that has not run yet."""
    record = load_cached(question, context)
    if record is None and question.duration_hint is None:
        with st.spinner(f"{plain(question.title)} Computing the answer…"):
            return compute_or_load(question, context)
    return record


def show_question(context: RunContext, question: Question) -> None:
    """Show the answer; if it is not computed yet, the time it takes and a button."""
    record = record_of(context, question)
    if record is None:
        st.write(f"The answer is not computed for this run yet. It takes {plain(duration(question, context))}.")
        input_analysis(context, [question.name], "Compute the answer", kind="primary")
        return
    show_section(question.section(record, context), context.run)
    if isinstance(record, NewsroomsFound):
        show_triangle(record)


def main() -> None:
    """Draw the page."""
    header = sidebar.show_title(FINDINGS)
    workspace, domain, run = sidebar.require_run(FINDINGS)
    context = RunContext(run, domain, workspace)
    with header:
        sidebar.show_heading(domain, run)
        show_report(context, QUESTIONS)
    show_analysis(context, QUESTIONS)
    try:
        question = input_question()
        if question is None:
            show_cards(context, QUESTIONS)
        else:
            show_question(context, question)
    except InputError as error:
        show_error(error)


main()
