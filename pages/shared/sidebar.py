"""What stands around every page: the domain and run of the sidebar, loaded once, and the ways out of emptiness.

Domain and run are part of the address; what cannot be shown without them is stopped here with what to do next.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import streamlit as st

from core.data.domain import Domain
from core.data.domain import load_domain as read_domain
from core.data.time_split import Split
from core.errors import shortened
from core.jobs import background
from core.jobs.background import JobStatus
from core.jobs.job import DEMO
from core.presentation.language_notes import language_mark, language_note, text_read
from core.presentation.reranking import reranked_by
from core.storage.files import FileSignature, file_signature
from core.workspace.folders import Workspace, default_workspace
from core.workspace.runs import Run, load_runs
from core.workspace.sweep_results import Results
from pages.shared.addresses import input_one_of
from pages.shared.errors import show_error, show_log, without_paths
from pages.shared.jobs import why_failed
from pages.shared.polling import watch_job
from pages.shared.session import forget_position
from pages.shared.text import plain

#: Where a session keeps what an address named and the workspace does not have, and which domain and run it shows.
_MISSING, _SHOWN = "_missing", "_shown"

#: The pickers cannot be emptied, which is no reason for a mark that a field has to be filled in.
_WITHOUT_REQUIRED = "<style>.stSidebar [data-testid=stWidgetLabelRequired] { display: none }</style>"


@dataclass(frozen=True)
class Chosen:
    """What the sidebar says. domain: None only in an empty workspace; run: None where none is swept."""

    workspace: Workspace
    domain: Domain | None
    run: Run | None


@st.cache_resource(max_entries=16, show_spinner=False)
def _domain(folder: Path, written: FileSignature | None) -> Domain:
    return read_domain(folder)


def load_domain(workspace: Workspace, slug: str) -> Domain:
    """The domain, read from disk again only when it was written again. Shared: never change its table."""
    folder = workspace.domain_folder(slug)
    file = folder / "domain.toml"
    return _domain(folder, file_signature(file) if file.exists() else None)


def swept_runs(workspace: Workspace, slug: str) -> list[Run]:
    """The domain's runs that have something to show, newest first."""
    return [run for run in reversed(load_runs(workspace, slug)) if run.is_swept]


def input_domain_and_run() -> Chosen:
    """The two pickers of the sidebar."""
    workspace = default_workspace()
    slugs = workspace.domain_slugs()
    if not slugs:
        return Chosen(workspace, None, None)
    _note_missing("domain", slugs)  # before the widget, which replaces what is not among its options
    with st.sidebar:
        st.html(_WITHOUT_REQUIRED)
        slug = input_one_of("Domain", slugs, "domain", _choose_newest_run)
        runs = {run.info.name: run for run in swept_runs(workspace, slug)}
        _note_missing("run", list(runs))
        run = runs[input_one_of("Run", list(runs), "run", _forget_other_run)] if runs else None
    st.session_state[_SHOWN] = {"domain": slug, "run": run.info.name if run else None}
    _show_missing(slug, run)
    return Chosen(workspace, load_domain(workspace, slug), run)


def _note_missing(kind: Literal["domain", "run"], there: Sequence[str]) -> None:
    """Remember a domain or run that the address, or this session until now, names and that is not there any more."""
    named, shown = st.query_params.get(kind), st.session_state.get(_SHOWN, {}).get(kind)
    if not named or named == shown:  # what the address says of the last run of the script, a callback may have replaced
        named = st.session_state.get(kind)
    if named and named not in there and (kind == "domain" or _MISSING not in st.session_state):
        st.session_state[_MISSING] = (kind, str(named))


def _show_missing(slug: str, run: Run | None) -> None:
    """Say which domain or run is shown in place of the one asked for, until that is closed or another is chosen."""
    kind, named = st.session_state.get(_MISSING, ("", ""))
    if kind:
        instead = f"domain {plain(slug)}" if kind == "domain" or run is None else f"run {plain(run.info.name)}"
        st.warning(
            f"The {kind} '{plain(shortened(named))}' is not here (any more): it may have been renamed or deleted. "
            f"This page shows {instead}.",
            icon=":material/link_off:",
        )
        st.button("Close", key="close_missing", on_click=lambda: st.session_state.pop(_MISSING, None))


def choose_domain(slug: str) -> None:
    """Make it the domain that every page shows, with its newest run. For callbacks."""
    st.session_state["domain"] = slug
    _choose_newest_run()


def _choose_newest_run() -> None:
    """Another domain is chosen: its runs have names of their own."""
    newest = next(iter(swept_runs(default_workspace(), st.session_state["domain"])), None)
    st.session_state["run"] = newest.info.name if newest else None
    _forget(newest)


def choose_run(name: str) -> None:
    """Make it the run that every page shows. For callbacks."""
    st.session_state["run"] = name
    _forget_other_run()


def _forget_other_run() -> None:
    runs = swept_runs(default_workspace(), st.session_state["domain"])
    _forget(next((run for run in runs if run.info.name == st.session_state["run"]), None))


def _forget(run: Run | None) -> None:
    """`run` is shown from now on: α and article of the one before are not its own."""
    st.session_state.pop(_MISSING, None)
    forget_position(run)
    st.session_state.pop("article", None)
    st.query_params.pop("article", None)


def keep(chosen: Chosen) -> None:
    """For `chosen()` on the page that is about to be drawn."""
    st.session_state["_chosen"] = chosen


def chosen() -> Chosen:
    """What the sidebar says."""
    return st.session_state["_chosen"]


def require_domain() -> tuple[Workspace, Domain]:
    """The places and domain; where there is none, how to begin, and no more of the page."""
    now = chosen()
    if now.domain is None:
        show_how_to_begin(now.workspace)
        st.stop()
    return now.workspace, now.domain


def require_run() -> tuple[Workspace, Domain, Run]:
    """The places, domain and swept run; where there is none, the way to one, and no more of the page."""
    workspace, domain = require_domain()
    run = chosen().run
    if run is None:
        show_what_is_missing(workspace, domain)
        st.stop()
    return workspace, domain, run


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


def input_split(domain: Domain, run: Run) -> Split:
    """val, or test where the run was measured on it; kept in the address."""
    measured = set(run.curve()["split"])
    there: list[Split] = [split for split in ("val", "test") if split in measured and not domain.labelled(split).empty]
    if len(there) < 2:
        return there[0] if there else "val"
    chosen_split = st.segmented_control("Split", there, default=there[0], key="split", bind="query-params")
    return chosen_split if chosen_split in there else there[0]


def show_heading(domain: Domain, run: Run) -> None:
    """Which domain and run, and whether it is synthetic."""
    synthetic = " · synthetic: a test bed with known truth, none of this is news" if domain.info.synthetic else ""
    st.caption(
        f"{plain(domain.info.title)} · run {plain(run.info.name)}{language_mark(run)}{reranked_by(run.reranking())}: "
        f"{plain(run.info.encoder)}, {run.info.settings.tune} tuned, {plain(text_read(run, domain))}{synthetic}"
    )
    if (unread := language_note(run, domain)) is not None:
        st.caption(plain(unread))


def choose_article(article_id: str) -> None:
    """Make it the article that every page shows; part of the address."""
    st.session_state["article"] = article_id
    st.query_params["article"] = article_id


def chosen_article_row(results: Results) -> int:
    """Row of the article chosen here or in the address; else the one that fine-tuning moved most."""
    article_id = st.session_state.get("article") or st.query_params.get("article")
    row = results.row_of(article_id) if article_id else None
    if article_id and row is not None:
        if st.query_params.get("article") != article_id:
            st.query_params["article"] = article_id
        return row
    moved = np.abs(np.log(results.ranks[-1]) - np.log(results.ranks[0]))
    return int(moved.argmax())
