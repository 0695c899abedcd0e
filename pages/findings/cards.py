"""The front page of findings: a card for each question, which opens it."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.findings.durations import duration, duration_of_all
from core.findings.question import Question, RunContext, compute_or_load, load_cached
from pages.findings.analysis_job import input_analysis
from pages.findings.card_html import answered, waiting
from pages.shared import session
from pages.shared.text import plain


def show_cards(context: RunContext, questions: Sequence[Question[Any]]) -> None:
    """Show a card for each question: first the answers, then what is not computed yet.

    Quick answers that are missing are computed after everything is drawn, each in the space of its card.
    """
    records = {question.name: load_cached(question, context) for question in questions}
    missing = [question for question in questions if records[question.name] is None and question.duration_hint]
    shown = [question for question in questions if question not in missing]
    later = []
    with st.container(key="findings_cards"), st.grid(3, min_column_width=300, gap="small"):
        for question in shown:
            place = _card(question)
            if records[question.name] is None:
                place.html(waiting("Computing the answer…"))
                later.append((question, place))
            else:
                place.html(answered(question.section(records[question.name], context)))
    if missing:
        _show_missing(context, missing)
    for question, place in later:
        place.html(answered(question.section(compute_or_load(question, context), context)))


def _show_missing(context: RunContext, missing: Sequence[Question[Any]]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header(f"Not computed yet ({len(missing)})")
        if len(missing) > 1:
            names = [question.name for question in missing]
            label = f"Compute all {len(missing)} ({duration_of_all(list(missing), context)})"
            input_analysis(context, names, label, kind="primary")
    with st.container(key="findings_missing"), st.grid(3, min_column_width=300, gap="small"):
        for question in missing:
            with st.container(border=True, key=f"missing_{question.name}", height="stretch"):
                _title(question)
                input_analysis(context, [question.name], f"Compute ({duration(question, context)})")


def _card(question: Question[Any]) -> Any:
    with st.container(border=True, key=f"finding_{question.name}", height="stretch"):
        _title(question)
        return st.empty()


def _title(question: Question[Any]) -> None:
    """Show the title as a button that covers the card and opens the question."""
    st.button(
        plain(question.title), key=f"question_{question.name}", type="tertiary", width="stretch",
        on_click=session.QUESTION.set, args=(question.title,),
    )  # fmt: skip
