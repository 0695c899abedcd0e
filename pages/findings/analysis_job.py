"""Questions that take longer than a page can wait: `rematch analyse` as a job that continues without the page."""

from collections.abc import Sequence
from typing import Any, Literal

import streamlit as st

from core.findings.question import Question, RunContext, load_cached
from core.jobs import background
from core.jobs.background import JobStatus
from core.jobs.job import Job
from pages.shared.errors import show_error
from pages.shared.jobs import close, input_cancel, show_bar, show_cancelled, watch_job, why_failed
from pages.shared.text import plain


def _job(context: RunContext) -> Job:
    return Job("analyse", context.domain.info.slug)


def input_analysis(
    context: RunContext, names: Sequence[str], label: str, kind: Literal["primary", "secondary"] = "secondary"
) -> None:
    """Draw the button that starts the analysis of `names`; disabled while an analysis of the domain is running."""
    running = background.status(context.workspace, _job(context)).state == "running"
    key = f"analyse {' '.join(names)}"
    if not st.button(plain(label), icon=":material/play_arrow:", key=key, disabled=running, type=kind):
        return
    verb = ["analyse", f"--domain={context.domain.info.slug}", f"--run={context.run.info.name}"]
    verb.append(f"--questions={','.join(names)}")
    background.start(context.workspace, _job(context), verb)  # starts nothing if another session was faster
    st.rerun()


def show_analysis(context: RunContext, questions: Sequence[Question[Any]]) -> None:
    """Show the progress of the analysis, or until it is closed how it ended; nothing if it has finished.

    The page is drawn again whenever the analysis has stored another answer.
    """
    workspace, job = context.workspace, _job(context)
    status = background.status(workspace, job)
    if status.state == "running":
        before = _answers(context, questions)

        def show(status: JobStatus) -> None:
            show_bar(status, f"Analysing ({before} of {len(questions)} answers):")
            input_cancel(workspace, job, "Stop the analysis? Rematch keeps the answers that are finished.")

        def is_over(status: JobStatus) -> bool:
            return status.state != "running" or _answers(context, questions) > before

        watch_job(workspace, job, show, is_over)
    elif status.state == "cancelled":
        show_cancelled("A user cancelled the analysis. Rematch kept the answers that were finished.")
    elif status.state == "failed":
        show_error(why_failed(status), ":material/error:")
    if status.state in ("failed", "cancelled"):
        st.button("Close", key="close_analysis", on_click=close, args=(workspace, job))


def _answers(context: RunContext, questions: Sequence[Question[Any]]) -> int:
    return sum(load_cached(question, context) is not None for question in questions)
