"""What stands around every page: the domain and run of the sidebar, loaded once, the split, and the page's heading.

Domain and run are part of the address; what cannot be shown without them is stopped here with what to do next.
"""

from collections.abc import Callable, Sequence

import streamlit as st

from core.data.domain import Domain
from core.data.time_split import Split
from core.errors import shortened
from core.presentation.language_notes import language_mark, language_note, text_read
from core.presentation.reranking import reranked_by
from core.workspace.folders import Workspace, default_workspace
from core.workspace.runs import Run
from pages.shared.alpha_position import forget_position
from pages.shared.cached_results import load_domain, swept_runs
from pages.shared.empty_states import show_how_to_begin, show_what_is_missing
from pages.shared.session import ARTICLE, DOMAIN, MISSING, RUN, SELECTION, SHOWN, SPLIT, QueryParameter, Selection
from pages.shared.text import plain

#: The pickers cannot be emptied, which is no reason for a mark that a field has to be filled in.
_WITHOUT_REQUIRED = "<style>.stSidebar [data-testid=stWidgetLabelRequired] { display: none }</style>"


def input_domain_and_run() -> Selection:
    """The two pickers of the sidebar."""
    workspace = default_workspace()
    slugs = workspace.domain_slugs()
    if not slugs:
        return Selection(workspace, None, None)
    _note_missing(DOMAIN, slugs)  # before the widget, which replaces what is not among its options
    with st.sidebar:
        st.html(_WITHOUT_REQUIRED)
        slug = _input_one_of("Domain", slugs, DOMAIN, _choose_newest_run)
        runs = {run.info.name: run for run in swept_runs(workspace, slug)}
        _note_missing(RUN, list(runs))
        run = runs[_input_one_of("Run", list(runs), RUN, _forget_other_run)] if runs else None
    SHOWN.set({DOMAIN.key: slug, RUN.key: run.info.name if run else None})
    _show_missing(slug, run)
    return Selection(workspace, load_domain(workspace, slug), run)


def _input_one_of(
    label: str, options: Sequence[str], parameter: QueryParameter[str], on_change: Callable[[], None]
) -> str:
    """Input one of `options` (not empty): the one that the address or this session names, else the first.

    It is always in the address, so that a copied link shows what its sender saw: Streamlit leaves out a value that
    equals its widget's default, so this one has none, and its value is set before it is drawn.
    """
    named, current = parameter.in_address(), parameter.get()
    if len(parameter.texts()) > 1 and named in options:  # Streamlit puts what a link names after what the page had
        parameter.pin(current := named)
    seeded = current is None and named in options
    if not seeded and (named is None or current not in options):
        parameter.pin(next(value for value in (current, named, *options) if value is not None and value in options))
    # Bound to an address that names something else, a new widget would take it out of the address.
    name = parameter.bound if seeded or current is not None or named is None else {"key": parameter.key}
    value: str | None = st.selectbox(label, options, None, on_change=on_change, required=True, **name)
    if value is None:  # back to an address from before there was one
        st.rerun()
    return value


def _note_missing(parameter: QueryParameter[str], there: Sequence[str]) -> None:
    """Remember a domain or run that the address, or this session until now, names and that is not there any more."""
    named = parameter.in_address()
    if not named or named == SHOWN.get().get(parameter.key):  # a callback may have replaced what the address still says
        named = parameter.get()
    if named and named not in there and (parameter is DOMAIN or MISSING.get() is None):
        MISSING.set((parameter.key, named))


def _show_missing(slug: str, run: Run | None) -> None:
    """Say which domain or run is shown in place of the one asked for, until that is closed or another is chosen."""
    if (missing := MISSING.get()) is None:
        return
    kind, named = missing
    instead = f"domain {plain(slug)}" if kind == DOMAIN.key or run is None else f"run {plain(run.info.name)}"
    st.warning(
        f"The {kind} '{plain(shortened(named))}' is not here (any more): it may have been renamed or deleted. "
        f"This page shows {instead}.",
        icon=":material/link_off:",
    )
    st.button("Close", key="close_missing", on_click=MISSING.reset)


def choose_domain(slug: str) -> None:
    """Make it the domain that every page shows, with its newest run. For callbacks."""
    DOMAIN.set(slug)
    _choose_newest_run()


def _choose_newest_run() -> None:
    """Another domain is chosen: its runs have names of their own."""
    newest = next(iter(_runs_to_choose()), None)
    RUN.set(newest.info.name if newest else None)
    _forget_other(newest)


def choose_run(name: str) -> None:
    """Make it the run that every page shows. For callbacks."""
    RUN.set(name)
    _forget_other_run()


def _forget_other_run() -> None:
    _forget_other(next((run for run in _runs_to_choose() if run.info.name == RUN.get()), None))


def _runs_to_choose() -> list[Run]:
    slug = DOMAIN.get()
    return swept_runs(default_workspace(), slug) if slug else []


def _forget_other(run: Run | None) -> None:
    """`run` is shown from now on: α and article of the one before are not its own."""
    MISSING.reset()
    forget_position(run)
    ARTICLE.pin(None)


def selection() -> Selection:
    """What the sidebar shows."""
    selection = SELECTION.get()
    assert selection is not None  # app.py sets it before a page is drawn
    return selection


def require_domain() -> tuple[Workspace, Domain]:
    """The workspace and domain; where there is none, how to begin, and no more of the page."""
    now = selection()
    if now.domain is None:
        show_how_to_begin(now.workspace)
        st.stop()
    return now.workspace, now.domain


def require_run() -> tuple[Workspace, Domain, Run]:
    """The workspace, domain and swept run; where there is none, the way to one, and no more of the page."""
    workspace, domain = require_domain()
    run = selection().run
    if run is None:
        show_what_is_missing(workspace, domain)
        st.stop()
    return workspace, domain, run


def input_split(domain: Domain, run: Run) -> Split:
    """val, or test where the run was measured on it; kept in the address."""
    measured = set(run.curve()["split"])
    there: list[Split] = [split for split in ("val", "test") if split in measured and not domain.labelled(split).empty]
    if len(there) < 2:
        return there[0] if there else "val"
    chosen_split = st.segmented_control("Split", there, default=there[0], **SPLIT.bound)
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
