"""Rank changes page: a chart of ranks in two models next to the articles, to filter, compare and tag them."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from core.data.domain import Domain
from core.evaluation.models import Model
from core.findings.question import RunContext, load_last_cached
from core.findings.slices import SLICES
from core.workspace.folders import Workspace
from core.workspace.sweep_results import Results
from core.workspace.tags import known_tags, read_tags
from pages.changes.cards import cards_of
from pages.changes.chart import show_chart
from pages.changes.component import cards_element
from pages.changes.filters import input_filters, input_models, show_alpha_notes, show_chips
from pages.changes.operations import apply_operations, can_undo
from pages.changes.table import change_table, rows_of
from pages.changes.tag_tools import begin_page, show_tag_tools
from pages.page_files import page_file
from pages.shared import session, sidebar
from pages.shared.alpha_position import last_alpha
from pages.shared.cached_results import choice_note_of, results_of
from pages.shared.help_texts import CHANGES
from pages.shared.images import prepare_images
from pages.shared.text import plain, shorten

CARDS = "rank_cards"


@st.fragment
def show_cards(
    workspace: Workspace,
    domain: Domain,
    results: Results,
    table: pd.DataFrame,
    rows: np.ndarray,
    alpha: float,
    offered: list[str],
) -> None:
    """Draw the cards of the filtered articles, and apply what the user does there.

    offered: the tags that the filter of tags offers.
    """
    session.follow_opened(page_file("alpha"))
    slug = domain.info.slug
    ids = table["article_id"].iloc[rows].tolist()
    article = session.ARTICLE.current()
    if article in ids:
        session.ARTICLE.write(article)
    elif article:
        _say_that_it_is_not_shown(results, article)
    tags = read_tags(workspace, slug)
    if known_tags(tags) != offered:
        st.rerun()  # the filters, too
    cards = cards_of(workspace, domain, results, table, rows, tags, alpha, article)
    text, is_error = session.TAG_NOTICE.get()
    element = session.SessionValue[Mapping[str, Any]](CARDS, {})
    cards_element(
        {
            **cards.as_data(),
            "handled": dict(session.HANDLED.get()),
            "notice": {"text": text, "is_error": is_error},
            "can_undo": can_undo(slug),
        },
        callbacks=_callbacks(workspace, slug, ids, element),
        key=CARDS,
    )


def _callbacks(
    workspace: Workspace, slug: str, ids: list[str], element: session.SessionValue[Mapping[str, Any]]
) -> dict[str, Callable[[], None]]:
    """Return the callback for each kind of message of the element."""

    def on(name: str, act: Callable[[Mapping[str, Any]], None]) -> Callable[[], None]:
        def callback() -> None:
            if (message := element.get().get(name)) is not None:
                act(message)

        return callback

    return {
        "chosen": on("chosen", lambda message: session.ARTICLE.pin(str(message["article"]))),
        "operated": on("operated", lambda message: apply_operations(workspace, slug, ids, message)),
        "opened": on("opened", lambda message: session.open_article(str(message["article"]))),
    }


def _say_that_it_is_not_shown(results: Results, article: str) -> None:
    name = plain(shorten(article, 60))
    if results.row_of(article) is None:
        st.caption(f"There is no article '{name}' in {results.split}. This is the first of all.")
    else:
        st.caption(f"Article '{name}' does not match the filters. This is the first that does.")


def show_empty() -> None:
    """Say that no article matches the filters."""
    st.info("No article matches all filters. Remove one of them above, or clear all.")


def show_notes(results: Results, before: Model, after: Model, alpha: float) -> None:
    """Show what to know about the compared models."""
    if alpha in (0.0, 1.0) and Model.WISE_FT in (before, after):
        st.info(
            f"At α = {alpha:g}, WiSE-FT is the {'fine-tuned' if alpha else 'zero-shot'} model itself. Choose an α "
            "between 0 and 1 to see a mix."
        )
    show_alpha_notes(results, alpha, last_alpha(results.run))
    if results.split == "val" and Model.WISE_FT in (before, after) and alpha == results.run.selected().alpha:
        st.caption(plain(choice_note_of(results.run)))


def main() -> None:
    """Draw the page."""
    header = sidebar.show_title(CHANGES)
    workspace, domain, run = sidebar.require_run(CHANGES)
    with header:
        sidebar.show_heading(domain, run)
        results = results_of(run, domain, sidebar.input_split(domain, run))
    prepare_images(workspace, domain, results.split)
    begin_page()
    tags = read_tags(workspace, domain.info.slug)
    tools = st.container(key="changes_tools")
    models_column, filters_column = tools.columns([3, 4.4])
    with models_column:
        before, after, alpha = input_models(results)
    if before == after:
        st.info("You compare a model with itself, so no rank changes. Choose another model under “From” or “To”.")
        return
    table = change_table(results, alpha, before, after)
    # The last slices, even if tags have changed since: tagging an article here must not remove the filter.
    slices = load_last_cached(SLICES, RunContext(run, domain, workspace))
    with filters_column:
        chosen = input_filters(results, table, tags, slices)
    rows = rows_of(chosen.filter, table, results.articles, tags)
    show_chips(chosen.chips, len(rows), len(table))
    with st.container(key="changes_bench"):
        left, right = st.columns([0.42, 0.58], gap="medium")
    with left:
        show_chart(results, table, before, after, rows, chosen.box)
        show_tag_tools(workspace, domain, results, table, rows)
        show_notes(results, before, after, alpha)
    with right:
        if len(rows):
            show_cards(workspace, domain, results, table, rows, alpha, known_tags(tags))
        else:
            show_empty()


main()
