"""What a page shows where there is no domain or no run yet: what to do next, and how far the demo is."""

import streamlit as st

from core.data.domain import Domain
from core.jobs import background
from core.jobs.background import JobStatus
from core.jobs.job import DEMO
from core.workspace.folders import Workspace, default_workspace
from core.workspace.runs import load_runs
from pages.shared.cached_results import swept_runs
from pages.shared.errors import show_error, show_log, without_paths
from pages.shared.jobs import watch_job, why_failed
from pages.shared.text import plain


def show_how_to_begin(workspace: Workspace) -> None:
    """The empty state: what to type."""
    if background.status(workspace, DEMO).state == "running":
        st.write("The demo is being made; its first domain appears here in half a minute.")
        return
    st.write("There is no domain yet. Import your own articles and images on the **Data** page, or in a terminal:")
    st.code("rematch import SOURCE --domain my-news\nrematch demo", language=None)
    st.caption(
        "SOURCE is a folder of NewsImages or a table (CSV, Excel, Parquet …); `demo` makes three synthetic domains."
    )


def show_what_is_missing(workspace: Workspace, domain: Domain) -> None:
    """A domain without a swept run: that it is coming, or how to make one."""
    slug = domain.info.slug
    if domain.info.synthetic and background.status(workspace, DEMO).state == "running":
        st.write("Its images and headlines are there; the curves appear here as soon as it is fine-tuned.")
        return
    unswept = load_runs(workspace, slug)
    verb = "sweep" if unswept else "train"
    doing = "has a run that is not swept yet" if unswept else "is not fine-tuned yet"
    st.write(f"This domain {doing}. Do it on the **Train** page, or in a terminal:")
    st.code("\n".join(f"rematch {v} --domain {slug}" for v in ("train", "sweep")[verb == "sweep" :]), language=None)


def show_demo_progress() -> None:
    """How far the demo is, while it is being made or after it failed; nothing otherwise."""
    workspace = default_workspace()
    status = background.status(workspace, DEMO)
    if status.state == "running":
        ready = _ready(workspace)
        watch_job(workspace, DEMO, _show_demo_step, lambda now: now.state != "running" or _ready(workspace) != ready)
    elif status.state == "failed":
        show_error(f"Making the demo stopped before its end: {why_failed(status)}")
        st.write("Start it again:")
        st.code("rematch demo", language=None)
        show_log(status.log, "nothing")


def _ready(workspace: Workspace) -> dict[str, int]:
    """How many swept runs each domain has: when that changes, the page has more to show."""
    return {slug: len(swept_runs(workspace, slug)) for slug in workspace.domain_slugs()}


def _show_demo_step(status: JobStatus) -> None:
    step = plain(without_paths(status.log[-1])) if status.log else "starting"
    st.progress(
        min(1.0, status.done / status.total) if status.total else 0.0,
        f"Preparing the demo. {step} — {status.label}, {status.amount}",
    )
