"""Test set on the Data page: its size, its known ground truth, and the form to add ground truth later."""

import streamlit as st

from core.data.domain import Domain
from core.data.importers.ground_truth import read_ground_truth
from core.data.importers.judging import judge
from core.data.importers.uploads import discard_upload, keep_upload
from core.errors import RematchError
from core.jobs import background
from core.presentation.import_report import about_test_set
from core.workspace.folders import Workspace
from pages.data.import_fields import UPLOADED_LISTS
from pages.shared.errors import show_error
from pages.shared.form_words import in_form_words
from pages.shared.help_texts import help_for
from pages.shared.jobs import JobKind


def _show_sweep(workspace: Workspace, slug: str) -> None:
    st.text("The runs of the domain stay valid. Sweep them again to measure them on test:")
    st.code(f"rematch sweep --domain {slug}", language=None)


TRUTH = JobKind(
    "truth",
    "ground truth",
    "Adding the ground truth of '{}'",
    "The ground truth of '{}' was added",
    "The ground truth of '{}' was not added",
    unchanged=lambda workspace, slug: "",
    show_next_steps=_show_sweep,
)


def show_test_set(workspace: Workspace, domain: Domain, left_out: dict[str, int]) -> None:
    """Show the size of the test set, its articles with ground truth, and the form to add ground truth."""
    st.subheader("Test set", help=help_for("Ground truth", "Split"))
    for sentence in about_test_set(domain, left_out):
        st.text(sentence)
    slug = domain.info.slug
    if background.status(workspace, TRUTH.job_of(slug)).state == "running":
        return
    with st.form("truth_form", enter_to_submit=False, clear_on_submit=True):
        upload = st.file_uploader(
            "Ground truth: a table of article and image ids",
            type=UPLOADED_LISTS["ground-truth"],
            key="truth_upload",
            help=help_for(
                "Ground truth", also="Replaces the known ground truth. Run files that you submitted do not change."
            ),
        )
        submitted = st.form_submit_button("Add the ground truth", icon=":material/fact_check:")
    if not submitted:
        return
    if upload is None:
        st.error(
            "There is no file to add. Choose the file of the ground truth, then try again.", icon=":material/error:"
        )
        return
    file = keep_upload(workspace.root, upload.name, upload)
    try:
        judge(domain, read_ground_truth(file))  # reports errors before the job starts
        TRUTH.start(workspace, slug, ["ground-truth", f"--domain={slug}", f"--ground-truth={file}"])
    except RematchError as error:
        discard_upload(file)
        show_error(in_form_words(str(error).replace(f"{file.parent}/", "")), ":material/error:")
    else:
        st.rerun()
