"""Translation from the app: `rematch translate` as a job that continues without the page."""

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
    "'{}' was translated",
    "'{}' was not translated",
    unchanged=lambda workspace, slug: "The finished translations are stored. Start again to continue.",
    show_next_steps=lambda workspace, slug: None,
)


def input_translation(workspace: Workspace, domain: Domain) -> None:
    """Draw the form to translate the domain; nothing while a translation is running."""
    slug, language = domain.info.slug, domain.info.language
    if background.status(workspace, TRANSLATION.job_of(slug)).state == "running":
        return
    with st.form("translate_form", enter_to_submit=False):
        model = st.text_input(
            "Translation model",
            f"Helsinki-NLP/opus-mt-{language}-{ENGLISH}",
            key="translate_model",
            help="A Marian model, downloaded once, or its folder on the machine that runs the app. English texts of "
            "the data stay as they are, and runs trained on the original still read the original.",
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
