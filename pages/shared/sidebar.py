"""Sidebar and page header of all pages: domain, run, split, title, and what a page shows without a domain or run.

Domain and run are part of the URL, so that a copied link shows the same.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.data.domain import Domain
from core.data.time_split import Split
from core.errors import shortened
from core.presentation.language_notes import language_mark, language_note, text_read
from core.presentation.reranking import reranked_by
from core.workspace.folders import Workspace, default_workspace
from core.workspace.runs import Run
from pages.shared.alpha_position import forget_position
from pages.shared.cached_results import load_domain, summaries_of, swept_runs
from pages.shared.empty_states import show_how_to_begin, show_what_is_missing
from pages.shared.help_texts import PageHelp, help_for
from pages.shared.session import (
    ARTICLE,
    DOMAIN,
    MISSING,
    RUN,
    SELECTION,
    SHOWN,
    SPLIT,
    QueryParameter,
    Selection,
    forget_points,
)
from pages.shared.text import plain

#: The select boxes cannot be empty, so the mark of required fields would only confuse.
_WITHOUT_REQUIRED = "<style>.stSidebar [data-testid=stWidgetLabelRequired] { display: none }</style>"


def input_domain_and_run() -> Selection:
    """Draw the select boxes of domain and run in the sidebar, and return the selection."""
    workspace = default_workspace()
    slugs = workspace.domain_slugs()
    if not slugs:
        return Selection(workspace, None, None)
    _note_missing(DOMAIN, slugs)  # before the widget, which replaces a value that is not among its options
    with st.sidebar:
        st.html(_WITHOUT_REQUIRED)
        slug = _input_one_of(slugs, DOMAIN, partial(_draw_domain, slugs))
        runs = {run.info.name: run for run in swept_runs(workspace, slug)}
        _note_missing(RUN, list(runs))
        run = runs[_input_one_of(list(runs), RUN, partial(_draw_run, list(runs.values())))] if runs else None
    SHOWN.set({DOMAIN.key: slug, RUN.key: run.info.name if run else None})
    _show_missing(slug, run)
    return Selection(workspace, load_domain(workspace, slug), run)


def _draw_domain(slugs: Sequence[str], shown: str, bound: Mapping[str, Any]) -> str | None:
    chosen: str | None = st.selectbox(
        "Domain", slugs, None, on_change=choose_newest_run, required=True, help=help_for("Domain"), **bound
    )
    return chosen


def _draw_run(runs: Sequence[Run], shown: str, bound: Mapping[str, Any]) -> str | None:
    """Draw the choice of a run. Each is described by what differs between the runs, and by what it reached."""
    about = {name: plain(words) for name, words in summaries_of(runs).items()}
    st.markdown(":small[Run]", help=help_for("Run"))
    with st.popover(plain(shown), width="stretch", key="run_choice"):
        chosen: str | None = st.radio(
            "Run",
            list(about),
            None,
            captions=list(about.values()),
            label_visibility="collapsed",
            on_change=_forget_other_run,
            **bound,
        )
    return chosen


def _input_one_of(
    options: Sequence[str],
    parameter: QueryParameter[str],
    draw: Callable[[str, Mapping[str, Any]], str | None],
) -> str:
    """Input one of `options` (not empty): the one in the URL or in this session, else the first.

    draw: draws the widget, given the value that it will have and the arguments that bind it to the URL.
    The value is always in the URL. Streamlit leaves out a value that equals its widget's default, so this widget has
    no default, and its value is set before it is drawn.
    """
    named, current = parameter.in_address(), parameter.get()
    if len(parameter.texts()) > 1 and named in options:  # Streamlit appends a link's value to the page's
        parameter.pin(current := named)
    seeded = current is None and named in options
    if not seeded and (named is None or current not in options):
        parameter.pin(next(value for value in (current, named, *options) if value is not None and value in options))
    # A new widget bound to a URL with another value would remove that value from the URL.
    name = parameter.bound if seeded or current is not None or named is None else {"key": parameter.key}
    value = draw(named if seeded and named else parameter.get() or options[0], name)
    if value is None:  # the user went back to a URL without a value
        st.rerun()
    return value


def _note_missing(parameter: QueryParameter[str], existing: Sequence[str]) -> None:
    """Remember the domain or run that the URL or this session names if it does not exist (any more)."""
    named = parameter.in_address()
    if not named or named == SHOWN.get().get(parameter.key):  # a callback may have replaced the URL's value
        named = parameter.get()
    if named and named not in existing and (parameter is DOMAIN or MISSING.get() is None):
        MISSING.set((parameter.key, named))


def _show_missing(slug: str, run: Run | None) -> None:
    """Warn that the requested domain or run is missing and name the one shown, until the user closes the warning."""
    if (missing := MISSING.get()) is None:
        return
    kind, named = missing
    instead = f"domain {plain(slug)}" if kind == DOMAIN.key or run is None else f"run {plain(run.info.name)}"
    st.warning(
        f"The {kind} '{plain(shortened(named))}' was not found: it may have been renamed, archived or deleted. "
        f"This page shows {instead}. Choose another in the sidebar.",
        icon=":material/link_off:",
    )
    st.button("Close", key="close_missing", on_click=MISSING.reset)


def choose_domain(slug: str) -> None:
    """Show the domain on all pages, with its newest run. For callbacks."""
    DOMAIN.set(slug)
    choose_newest_run()


def choose_newest_run() -> None:
    """Choose the newest run of the domain that was just chosen. For callbacks."""
    newest = next(iter(_runs_to_choose()), None)
    RUN.set(newest.info.name if newest else None)
    _forget_other(newest)


def choose_run(name: str) -> None:
    """Show the run on all pages. For callbacks."""
    RUN.set(name)
    _forget_other_run()


def _forget_other_run() -> None:
    _forget_other(next((run for run in _runs_to_choose() if run.info.name == RUN.get()), None))


def _runs_to_choose() -> list[Run]:
    slug = DOMAIN.get()
    return swept_runs(default_workspace(), slug) if slug else []


def _forget_other(run: Run | None) -> None:
    """Reset α and article, which belong to the run that was shown before `run`."""
    MISSING.reset()
    forget_position(run)
    ARTICLE.pin(None)
    forget_points()


def selection() -> Selection:
    """Return the selection of the sidebar."""
    selection = SELECTION.get()
    assert selection is not None  # app.py sets it before a page is drawn
    return selection


def show_title(page: PageHelp) -> DeltaGenerator:
    """Show the page's title, with a help text about the page and its terms.

    Returns:
        The row of the title, for the heading and for controls of the whole page.
    """
    header = st.container(horizontal=True, vertical_alignment="center", key="page_header")
    header.title(page.title, help=page.help)
    return header


def require_domain(page: PageHelp) -> tuple[Workspace, Domain]:
    """Return workspace and domain; without a domain, show how to begin and end the page."""
    now = selection()
    if now.domain is None:
        show_how_to_begin(now.workspace, page.about)
        st.stop()
    return now.workspace, now.domain


def require_run(page: PageHelp) -> tuple[Workspace, Domain, Run]:
    """Return workspace, domain and swept run; without a run, show the next step and end the page."""
    workspace, domain = require_domain(page)
    run = selection().run
    if run is None:
        show_what_is_missing(workspace, domain, page.about)
        st.stop()
    return workspace, domain, run


def input_split(domain: Domain, run: Run) -> Split:
    """Input the split: val, or test if the run was measured on it. The choice is in the URL."""
    measured = set(run.curve()["split"])
    available: list[Split] = [
        split for split in ("val", "test") if split in measured and not domain.labelled(split).empty
    ]
    if len(available) < 2:
        return available[0] if available else "val"
    split = st.segmented_control("Split", available, default=available[0], help=help_for("Split"), **SPLIT.bound)
    return split if split in available else available[0]


def show_heading(domain: Domain, run: Run) -> None:
    """Show domain, run and encoder, whether the data is synthetic, and a note if the encoder does not fit."""
    synthetic = " · synthetic: test data with known causes, not news" if domain.info.synthetic else ""
    st.caption(
        f"{plain(domain.info.title)} · run {plain(run.info.name)}{language_mark(run)}{reranked_by(run.reranking())}: "
        f"{plain(run.info.encoder)}, {run.info.settings.tune} tuned, {plain(text_read(run, domain))}{synthetic}",
        help=help_for("Run", "Encoder", "Head", "Query text"),
    )
    if (unread := language_note(run, domain)) is not None:
        st.caption(plain(unread))
