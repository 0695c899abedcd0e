"""Articles of a domain on the Data page: a random sample, a search, and groups with the same image or text."""

from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from core.analysis.exact_duplicates import DuplicateGroup, duplicates_table, same_image, same_text
from core.data.domain import Domain
from core.data.text_search import rows_containing
from core.storage.safe_csv import spreadsheet_csv
from core.workspace.folders import Workspace
from pages.shared import session
from pages.shared.help_texts import help_for
from pages.shared.images import show_image
from pages.shared.text import counted, day, plain, shorten

SAMPLE = 12  # fills rows of 2, 3, 4 or 6
GROUPS_PER_PAGE = 6
SHOWN_OF_A_GROUP = 6
_HEADLINE = 140  # characters
_CARD, _SMALL_CARD = 150, 120  # minimum width in pixels: two or three fit in a row on a phone


def show_articles(workspace: Workspace, domain: Domain) -> None:
    """Show cards of random articles, or of those that contain the search words."""
    words = st.text_input(
        "Search in titles and texts",
        placeholder="flood, Größe …",
        icon=":material/search:",
        help="Finds articles that contain all of these words, in upper or lower case.",
        **session.WORDS_FOUND.bound,
    )
    rows = rows_containing(domain.articles, words)
    if words.strip():
        rows = _input_page_of(rows, words, len(domain.articles))
    else:
        rows = _sample(len(rows))
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(f"A random sample: {len(rows)} of {counted(len(domain.articles), 'article')}.")
            st.button("Show other articles", icon=":material/shuffle:", on_click=_draw_again)
    show_gallery(workspace, domain, rows, _CARD)


def _input_page_of(rows: np.ndarray, words: str, n: int) -> np.ndarray:
    if not len(rows):
        st.info(f"None of {counted(n, 'article')} contains “{plain(words)}”. Use fewer words or a part of a word.")
        return rows
    st.text(f"{len(rows):,} of {counted(n, 'article')} match, oldest first.")
    page = _input_page(len(rows), SAMPLE, "find_page")
    return rows[page : page + SAMPLE]


def _input_page(count: int, per_page: int, key: str) -> int:
    """Input a page and return the index of its first item."""
    pages = -(-count // per_page)
    if pages < 2:
        return 0
    chosen = session.SessionValue(key, 1)
    if chosen.get() > pages:  # the number of pages has shrunk
        chosen.set(1)
    return (st.pagination(pages, key=key) - 1) * per_page


def _sample(n: int) -> np.ndarray:
    """Return the rows of a random sample, in the order of time; the same until the user draws another."""
    return np.sort(np.random.default_rng(session.SAMPLE_SEED.get()).choice(n, min(n, SAMPLE), replace=False))


def _draw_again() -> None:
    session.SAMPLE_SEED.set(session.SAMPLE_SEED.get() + 1)


def show_gallery(workspace: Workspace, domain: Domain, rows: np.ndarray | tuple[int, ...], least_width: int) -> None:
    """Show image, headline, date, split and language of each article."""
    grid = st.grid("auto", min_column_width=least_width)
    for _, article in domain.articles.iloc[list(rows)].iterrows():
        with grid.cell(), st.container(border=True):
            headline = shorten(article["title"] or article["text"], _HEADLINE)
            show_image(workspace, domain, article, alt=headline)
            st.text(headline)
            date = f"{day(article['published_at'])} · " if day(article["published_at"]) else ""
            st.caption(plain(f"{date}{article['split']} · {article['language']} · id {article['article_id']}"))


@st.cache_data(max_entries=8, show_spinner="Looking for duplicates…")
def _groups(
    folder: Path, created_at: str, _articles: pd.DataFrame
) -> tuple[list[DuplicateGroup], list[DuplicateGroup]]:
    return same_image(_articles), same_text(_articles)


def show_duplicates(workspace: Workspace, domain: Domain) -> None:
    """Show the groups of articles that share an image or a text, and whether they leak from train into val or test."""
    images, texts = _groups(domain.folder, domain.info.created_at, domain.articles)
    _show_count("an identical image", images, domain)
    _show_count("an identical text", texts, domain)
    st.caption(
        "Identical images have the same bytes or the same image_id. Identical texts are equal except for web "
        "addresses, "
        "white space, and upper or lower case. Rematch removes nothing: check the groups and decide yourself."
    )
    groups = images + texts
    if not groups:
        return
    st.download_button(
        "Duplicates as CSV",
        spreadsheet_csv(duplicates_table(domain.articles, groups)),
        f"{domain.info.slug}-duplicates.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
    )
    leaking = st.toggle(
        "Only groups that leak from train",
        help=help_for("Split", also="A group leaks if it has articles in train and in another split."),
        **session.LEAKS.bound,
    )
    shown = [group for group in groups if group.leaks] if leaking else groups
    if not shown:
        st.info("No group leaks: each group is either in train or outside it. Switch the filter off to see all groups.")
        return
    first = _input_page(len(shown), GROUPS_PER_PAGE, "groups_page")
    for number, group in enumerate(shown[first : first + GROUPS_PER_PAGE], first + 1):
        _show_group(workspace, domain, number, group)


def _show_count(what: str, groups: list[DuplicateGroup], domain: Domain) -> None:
    if not groups:
        st.text(f"No two of {counted(len(domain.articles), 'article')} share {what}.")
        return
    articles = sum(len(group.rows) for group in groups)
    leaks = [group for group in groups if group.leaks]
    sentence = f"{counted(articles, 'article')} in {counted(len(groups), 'group')} share {what}"
    if leaks:
        st.warning(
            f"{sentence}. {counted(len(leaks), 'group')} with {counted(_untrained(leaks, domain), 'article')} outside "
            "train leak: training has seen the same image or text, so the results of the fine-tuned model are "
            "optimistic on them. Remove them from your data and import again.",
            icon=":material/warning:",
        )
    else:
        st.text(f"{sentence}. No group is in train and in another split.")


def _untrained(groups: list[DuplicateGroup], domain: Domain) -> int:
    splits = domain.articles["split"].to_numpy()
    return sum(splits[row] != "train" for group in groups for row in group.rows)


def _show_group(workspace: Workspace, domain: Domain, number: int, group: DuplicateGroup) -> None:
    with st.container(border=True):
        leak = " · leaks from train" if group.leaks else ""
        st.markdown(f"**{number}. Same {group.kind}**, {len(group.rows)} articles · {', '.join(group.splits)}{leak}")
        show_gallery(workspace, domain, group.rows[:SHOWN_OF_A_GROUP], _SMALL_CARD)
        if (more := len(group.rows) - SHOWN_OF_A_GROUP) > 0:
            st.caption(f"And {counted(more, 'more article')}, listed in the CSV.")
