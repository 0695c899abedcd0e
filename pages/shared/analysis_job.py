"""Questions that take longer than a page can wait: the verb `analyse` as a job that outlives it."""

from collections.abc import Sequence

import streamlit as st

from core.findings.question import Asked
from core.jobs import background
from core.workspace.folders import Places
from pages.shared.errors import show_error
from pages.shared.jobs import cancel, close, show_bar, why_failed


def _job(asked: Asked) -> str:
    return f"analyse-{asked.domain.info.slug}"


def input_analysis(asked: Asked, names: Sequence[str], label: str) -> None:
    """A button that has these questions worked out; it waits while the domain is being analysed already."""
    running = background.status(asked.places, _job(asked)).state == "running"
    key = f"analyse {' '.join(names)}"
    if not st.button(label, icon=":material/play_arrow:", key=key, disabled=running):
        return
    verb = ["analyse", f"--domain={asked.domain.info.slug}", f"--run={asked.run.info.name}"]
    background.start(
        asked.places, _job(asked), [*verb, f"--only={','.join(names)}"]
    )  # or it is running since a moment ago
    st.rerun()


def show_analysis(asked: Asked) -> None:
    """How far it is, or why it ended early until somebody closes that; nothing where it is done."""
    status = background.status(asked.places, _job(asked))
    if status.state == "running":
        _watch(asked.places, _job(asked))
    elif status.state in ("failed", "cancelled"):
        show_error("cancelled." if status.state == "cancelled" else why_failed(status), ":material/error:")
        st.button("Close", key="close_analysis", on_click=close, args=(asked.places, _job(asked)))


@st.fragment(run_every=1.0)
def _watch(places: Places, job: str) -> None:
    status = background.status(places, job)
    if status.state != "running":
        st.rerun()
    show_bar(status, "Finding out:")
    st.button("Cancel", key="cancel_analysis", on_click=cancel, args=(places, job))
