"""Translating from the app: the verb `translate`, run as a job that outlives the page."""

import streamlit as st

from core.data.domain import ENGLISH, Domain
from core.errors import RematchError
from core.jobs import background
from core.workspace.folders import Workspace
from pages.shared.errors import show_error
from pages.shared.jobs import JobKind
from pages.shared.paths import looks_like_a_path, typed_path

TRANSLATION = JobKind(
    "translate",
    "translation",
    "Translating '{}'",
    "'{}' is translated",
    "'{}' was not translated",
    comfort=lambda workspace, slug: "What was translated so far is kept; start it again.",
    show_ways_on=lambda workspace, slug: None,
)


def input_translation(workspace: Workspace, domain: Domain) -> None:
    """Which model, and the button; nothing while the domain is being translated."""
    slug, language = domain.info.slug, domain.info.language
    if background.status(workspace, TRANSLATION.job_of(slug)).state == "running":
        return
    with st.form("translate_form", enter_to_submit=False):
        model = st.text_input(
            "Translation model",
            f"Helsinki-NLP/opus-mt-{language}-{ENGLISH}",
            key="translate_model",
            help="A Marian model, fetched from a hub once, or its folder on the machine that runs the app. What came "
            "with the data stays as it is, and so does what runs read that were trained on the original.",
        ).strip()
        submitted = st.form_submit_button("Translate into English", icon=":material/translate:")
    if submitted and model:
        try:
            model = typed_path(model) if looks_like_a_path(model) else model
            TRANSLATION.start(workspace, slug, ["translate", f"--domain={slug}", f"--model={model}"])
        except RematchError as error:
            show_error(error, ":material/error:")
        else:
            st.rerun()
