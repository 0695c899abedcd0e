"""Translating from the app: the verb `translate`, run as a job that outlives the page."""

from pathlib import Path

import streamlit as st

from app_pages.parts.words import plain
from core.data.domain import ENGLISH, Domain
from core.errors import InputError
from core.workspace import jobs
from core.workspace.places import Places

_JOB = "translate-"  # and the slug


def input_translation(places: Places, domain: Domain) -> None:
    """Which model, and the button; nothing while the domain is being translated."""
    slug, language = domain.info.slug, domain.info.language
    if jobs.status(places, _JOB + slug).state == "running":
        return
    with st.form("translate_form", enter_to_submit=False):
        model = st.text_input(
            "Translation model",
            f"Helsinki-NLP/opus-mt-{language}-{ENGLISH}",
            key="translate_model",
            help="A Marian model, fetched from a hub once, or its folder on the machine that runs the app. What came "
            "with the data stays as it is; runs trained before keep reading what they were trained on.",
        ).strip()
        submitted = st.form_submit_button("Translate into English", icon=":material/translate:")
    if submitted and model:
        model = str(Path(model).expanduser().absolute()) if Path(model).expanduser().is_dir() else model
        try:
            jobs.start(places, _JOB + slug, ["translate", f"--domain={slug}", f"--model={model}"])
        except InputError as error:
            st.error(plain(str(error)), icon=":material/error:")
        else:
            st.rerun()


def show_translations(places: Places) -> None:
    """Every translation that is running, and how those have ended that nobody has closed yet."""
    for folder in sorted((places.workspace / "jobs").glob(f"{_JOB}*")):
        slug, status = folder.name.removeprefix(_JOB), jobs.status(places, folder.name)
        if status.state == "running":
            _poll(places, slug)
        elif status.state != "never started":
            _show_ended(places, slug, status)


@st.fragment(run_every=1.0)
def _poll(places: Places, slug: str) -> None:
    status = jobs.status(places, _JOB + slug)
    if status.state != "running":
        st.rerun()
    of = f" of {status.total:,}" if status.total else ""
    st.progress(
        min(1.0, status.done / status.total) if status.total else 0.0,
        f"Translating '{plain(slug)}'. {status.label}, {status.done:,}{of}. You can leave this page.",
    )
    st.button("Cancel", key=f"cancel_translation_{slug}", on_click=_cancel, args=(places, slug))


def _show_ended(places: Places, slug: str, status: jobs.JobStatus) -> None:
    with st.container(border=True):
        if status.state == "done":
            st.success(f"'{plain(slug)}' is translated.", icon=":material/check_circle:")
            st.text("\n".join(line for line in status.log if not line.startswith("next: ")))
        else:
            said = next((line for line in reversed(status.log) if line.startswith("error: ")), "")
            why = said.removeprefix("error: ") or "the process ended before it could say why."
            why = "cancelled." if status.state == "cancelled" else why
            st.error(
                plain(f"'{slug}' was not translated: {why} What was translated so far is kept; start it again."),
                icon=":material/error:",
            )
        st.button("Close", key=f"close_translation_{slug}", on_click=jobs.clear, args=(places, _JOB + slug))


def _cancel(places: Places, slug: str) -> None:
    try:
        jobs.cancel(places, _JOB + slug)
    except InputError as error:  # too early
        st.toast(plain(str(error)))
