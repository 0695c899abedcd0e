"""Questions that take longer than a page can wait: `rematch analyse` as a job that continues without the page."""

from collections.abc import Sequence

import streamlit as st

from core.findings.question import RunContext
from core.jobs import background
from core.jobs.job import Job
from pages.shared.errors import show_error
from pages.shared.jobs import close, show_running, why_failed


def _job(context: RunContext) -> Job:
    return Job("analyse", context.domain.info.slug)


def input_analysis(context: RunContext, names: Sequence[str], label: str) -> None:
    """Draw the button that starts the analysis of `names`; disabled while an analysis of the domain is running."""
    running = background.status(context.workspace, _job(context)).state == "running"
    key = f"analyse {' '.join(names)}"
    if not st.button(label, icon=":material/play_arrow:", key=key, disabled=running):
        return
    verb = ["analyse", f"--domain={context.domain.info.slug}", f"--run={context.run.info.name}"]
    verb.append(f"--questions={','.join(names)}")
    background.start(context.workspace, _job(context), verb)  # starts nothing if another session was faster
    st.rerun()


def show_analysis(context: RunContext) -> None:
    """Show the progress of the analysis, or until it is closed why it failed; nothing if it has finished."""
    status = background.status(context.workspace, _job(context))
    if status.state == "running":
        show_running(context.workspace, _job(context), "Analysing")
    elif status.state in ("failed", "cancelled"):
        cancelled = "A user cancelled the analysis. You can start it again below."
        show_error(cancelled if status.state == "cancelled" else why_failed(status), ":material/error:")
        st.button("Close", key="close_analysis", on_click=close, args=(context.workspace, _job(context)))
