"""Empty states: what a page shows, why it is empty, and the next step; also the progress of the demo."""

import streamlit as st

from core.data.domain import Domain
from core.jobs import background
from core.jobs.background import JobStatus
from core.jobs.job import DEMO
from core.workspace.folders import Workspace, default_workspace
from core.workspace.runs import active_runs
from pages.page_files import page_file
from pages.shared.cached_results import swept_runs
from pages.shared.errors import show_error, show_log, without_paths
from pages.shared.jobs import watch_job, why_failed
from pages.shared.session import DOMAIN
from pages.shared.text import plain


def show_how_to_begin(workspace: Workspace, about: str) -> None:
    """Show the empty state of a page without a domain. about: what the page shows, a sentence."""
    st.write(about)
    if background.status(workspace, DEMO).state == "running":
        st.write("It is empty because Rematch is still making the demo. The first domain appears here by itself.")
        return
    st.write(
        "There is no domain yet, so the page is empty. Make the demo, which takes some minutes, or import your own "
        "articles and images:"
    )
    st.code("rematch demo\nrematch import SOURCE --domain my-news", language=None)
    st.caption(
        "SOURCE is a table (CSV, Excel, Parquet …) with its images, or a folder of NewsImages. `rematch demo` makes "
        "three domains of synthetic news."
    )
    st.page_link(page_file("data"), label="Import on the Data page", icon=":material/folder_open:")


def show_what_is_missing(workspace: Workspace, domain: Domain, about: str = "") -> None:
    """Show the empty state of a domain without a swept run. about: what the page shows, a sentence."""
    slug = domain.info.slug
    if about:
        st.write(about)
    if domain.info.synthetic and background.status(workspace, DEMO).state == "running":
        st.write("Rematch is still fine-tuning this domain of the demo. The results appear here by themselves.")
        return
    unswept = active_runs(workspace, slug)
    verbs = ("sweep",) if unswept else ("train", "sweep")
    reason = "has a run, but no sweep of α yet" if unswept else "has no fine-tuned run yet"
    step = "Sweep the run" if unswept else "Fine-tune an encoder on it and sweep α"
    st.write(f"This domain {reason}, so there are no results. {step}:")
    st.code("\n".join(f"rematch {verb} --domain {slug}" for verb in verbs), language=None)
    st.page_link(
        page_file("train"),
        label="Sweep on the Train page" if unswept else "Train on the Train page",
        icon=":material/model_training:",
        query_params={DOMAIN.key: slug},
    )


def show_demo_progress() -> None:
    """Show the progress of the demo while Rematch makes it, or why that failed; nothing otherwise."""
    workspace = default_workspace()
    status = background.status(workspace, DEMO)
    if status.state == "running":
        ready = _ready(workspace)
        watch_job(workspace, DEMO, _show_demo_step, lambda now: now.state != "running" or _ready(workspace) != ready)
    elif status.state == "failed":
        show_error(f"The demo could not be completed: {why_failed(status)}")
        st.write("Start it again. It continues where it stopped:")
        st.code("rematch demo", language=None)
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
