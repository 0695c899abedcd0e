"""Questions that take longer than a page can wait: the verb `analyse` as a job that outlives it."""

from collections.abc import Sequence

import streamlit as st

from app_pages.parts.words import plain
from core.errors import InputError
from core.workspace import jobs
from core.workspace.findings import Asked
from core.workspace.places import Places


def _job(asked: Asked) -> str:
    return f"analyse-{asked.domain.info.slug}"


def input_analysis(asked: Asked, names: Sequence[str], label: str) -> None:
    """A button that has these questions worked out; it waits while the domain is being analysed already."""
    running = jobs.status(asked.places, _job(asked)).state == "running"
    key = f"analyse {' '.join(names)}"
    if not st.button(label, icon=":material/play_arrow:", key=key, disabled=running):
        return
    slug, run = asked.domain.info.slug, asked.run.info.name
    try:
        verb = ["analyse", f"--domain={slug}", f"--run={run}", f"--only={','.join(names)}"]
        jobs.start(asked.places, _job(asked), verb)
    except InputError as error:
        st.error(plain(str(error)), icon=":material/error:")
    else:
        st.rerun()


def show_analysis(asked: Asked) -> None:
    """How far it is, or why it ended early until somebody closes that; nothing where it is done."""
    status = jobs.status(asked.places, _job(asked))
    if status.state == "running":
        _poll(asked.places, _job(asked))
    elif status.state in ("failed", "cancelled"):
        said = next((line for line in reversed(status.log) if line.startswith("error: ")), "")
        why = said.removeprefix("error: ") or "the process ended before it could say why."
        st.error(plain("cancelled." if status.state == "cancelled" else why), icon=":material/error:")
        st.button("Close", key="close_analysis", on_click=jobs.clear, args=(asked.places, _job(asked)))


@st.fragment(run_every=1.0)
def _poll(places: Places, job: str) -> None:
    status = jobs.status(places, job)
    if status.state != "running":
        st.rerun()
    of = f" of {status.total:,}" if status.total else ""
    st.progress(
        min(1.0, status.done / status.total) if status.total else 0.0,
        f"{plain(status.label)}, {status.done:,}{of}. You can leave this page.",
    )
    st.button("Cancel", key="cancel_analysis", on_click=_cancel, args=(places, job))


def _cancel(places: Places, job: str) -> None:
    try:
        jobs.cancel(places, job)
    except InputError as error:  # too early
        st.toast(plain(str(error)))
