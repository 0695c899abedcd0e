"""Questions that take longer than a page can wait: the verb `analyse` as a job that outlives it."""

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
    """A button that has these questions worked out; it waits while the domain is being analysed already."""
    running = background.status(context.workspace, _job(context)).state == "running"
    key = f"analyse {' '.join(names)}"
    if not st.button(label, icon=":material/play_arrow:", key=key, disabled=running):
        return
    verb = ["analyse", f"--domain={context.domain.info.slug}", f"--run={context.run.info.name}"]
    background.start(
        context.workspace, _job(context), [*verb, f"--questions={','.join(names)}"]
    )  # or it is running since a moment ago
    st.rerun()


def show_analysis(context: RunContext) -> None:
    """How far it is, or why it ended early until somebody closes that; nothing where it is done."""
    status = background.status(context.workspace, _job(context))
    if status.state == "running":
        show_running(context.workspace, _job(context), "Finding out")
    elif status.state in ("failed", "cancelled"):
        show_error("cancelled." if status.state == "cancelled" else why_failed(status), ":material/error:")
        st.button("Close", key="close_analysis", on_click=close, args=(context.workspace, _job(context)))
