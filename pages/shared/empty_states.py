"""Empty states: what a page shows, why it is empty, and the next step; also the progress of the demo."""

import streamlit as st

from core.data.domain import Domain
from core.errors import RematchError
from core.jobs import background
from core.jobs.background import JobStatus
from core.jobs.job import DEMO, Job
from core.workspace.folders import Workspace, default_workspace
from core.workspace.runs import active_runs
from pages.page_files import page_file
from pages.shared import session
from pages.shared.cached_results import swept_runs
from pages.shared.errors import show_error, show_log, without_paths
from pages.shared.jobs import close, input_cancel, show_bar, watch_job, why_failed
from pages.shared.text import plain


def show_how_to_begin(workspace: Workspace, about: str) -> None:
    """Show the empty state of a page without a domain. about: what the page shows, a sentence."""
    st.write(about)
    if background.status(workspace, DEMO).state == "running":
        st.write("It is empty because Rematch is still making the demo. The first domain appears here by itself.")
        return
    st.write("There is no domain yet, so the page is empty. Import articles with their images, train, and drag α:")
    with st.container(horizontal=True, vertical_alignment="center"):
        input_demo(workspace)
        st.page_link(
            page_file("data"),
            label="Import your own articles",
            icon=":material/upload:",
            query_params=session.TO_IMPORT,
        )
    st.caption(
        "The demo is three domains of synthetic news, trained and swept. The first is ready after about a minute. Your "
        "own articles: a table (CSV, Excel, Parquet …) with its images, or a folder of NewsImages. In a terminal: "
        "`rematch demo`, or `rematch import SOURCE --domain my-news`."
    )


def input_demo(workspace: Workspace) -> None:
    """Draw the button that makes the demo, unless it was started: then its state is shown above every page."""
    if background.status(workspace, DEMO).state in ("never started", "done"):
        _input_demo(workspace, "Make the demo")


def _input_demo(workspace: Workspace, label: str) -> None:
    st.button(
        label, key="make_demo", type="primary", icon=":material/science:", on_click=_start_demo, args=(workspace,)
    )


def _start_demo(workspace: Workspace) -> None:
    try:
        background.start(workspace, DEMO, ["demo"])
    except RematchError as error:
        st.toast(plain(without_paths(str(error))))


def show_what_is_missing(workspace: Workspace, domain: Domain, about: str = "") -> None:
    """Show the empty state of a domain without a swept run. about: what the page shows, a sentence."""
    slug = domain.info.slug
    if about:
        st.write(about)
    if domain.info.synthetic and background.status(workspace, DEMO).state == "running":
        st.write("Rematch is still fine-tuning this domain of the demo. The results appear here by themselves.")
        return
    if background.status(workspace, Job("train", slug)).state == "running":
        _show_training(workspace, slug)
        return
    unswept = active_runs(workspace, slug)
    verbs = ("sweep",) if unswept else ("train", "sweep")
    reason = "has a run, but no sweep of α yet" if unswept else "has no fine-tuned run yet"
    step = "Sweep the run" if unswept else "Fine-tune an encoder on it and sweep α"
    st.write(f"This domain {reason}, so there are no results. {step}:")
    _link_to_train("Sweep on the Train page" if unswept else "Train on the Train page", slug)
    st.caption("In a terminal: " + ", then ".join(f"`rematch {verb} --domain {slug}`" for verb in verbs) + ".")


def _show_training(workspace: Workspace, slug: str) -> None:
    """Show the progress of the domain's training; its results replace it."""
    st.write("Rematch is training on this domain. The results appear here by themselves.")
    watch_job(
        workspace,
        Job("train", slug),
        lambda status: show_bar(status, "Training:"),
        lambda status: status.state != "running",
    )
    _link_to_train("Watch it on the Train page", slug)


def _link_to_train(label: str, slug: str) -> None:
    st.page_link(
        page_file("train"), label=label, icon=":material/model_training:", query_params={session.DOMAIN.key: slug}
    )


def show_demo_progress() -> None:
    """Show the progress of the demo while Rematch makes it, or why that failed; nothing otherwise."""
    workspace = default_workspace()
    status = background.status(workspace, DEMO)
    if status.state == "running":
        ready = _ready(workspace)
        watch_job(workspace, DEMO, _show_demo_step, lambda now: now.state != "running" or _ready(workspace) != ready)
    elif status.state in ("failed", "cancelled"):
        if status.state == "failed":
            show_error(f"The demo could not be completed: {why_failed(status)}")
        else:
            st.info("A user cancelled the demo. What is ready stays.", icon=":material/stop_circle:")
        with st.container(horizontal=True):
            _input_demo(workspace, "Continue where it stopped")
            st.button("Close", key="close_demo", on_click=close, args=(workspace, DEMO))
        if status.state == "failed":
            show_log(status.log, "No output.")


def _ready(workspace: Workspace) -> dict[str, int]:
    """Return the number of swept runs of each domain; when it changes, the page has more to show."""
    return {slug: len(swept_runs(workspace, slug)) for slug in workspace.domain_slugs()}


def _show_demo_step(status: JobStatus) -> None:
    step = plain(without_paths(status.log[-1])) if status.log else "Starting"
    st.progress(
        min(1.0, status.done / status.total) if status.total else 0.0,
        f"Preparing the demo. {step} — {status.label}, {status.amount}",
    )
    input_cancel(default_workspace(), DEMO, "Stop making the demo? What is ready stays.")
