"""The articles of a domain to look at: some at random or found by words, and those that share an image or a text."""

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
from pages.shared.images import show_image
from pages.shared.text import counted, plain, shorten

SAMPLE = 12  # fills rows of 2, 3, 4 and 6
GROUPS_PER_PAGE = 6
SHOWN_OF_A_GROUP = 6
_HEADLINE = 140  # characters
_CARD, _SMALL_CARD = 150, 120  # least width in pixels: two and three of them beside each other on a phone


def show_articles(workspace: Workspace, domain: Domain) -> None:
    """A gallery: random articles, or those that contain the words."""
    words = st.text_input(
        "Search in titles and texts",
        placeholder="all of these words, in any case",
        icon=":material/search:",
        **session.WORDS_FOUND.bound,
    )
    rows = rows_containing(domain.articles, words)
    if words.strip():
        rows = _input_page_of(rows, words, len(domain.articles))
    else:
        rows = _sample(len(rows))
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(f"{len(rows)} of {counted(len(domain.articles), 'article')}, drawn at random.")
            st.button("Show others", icon=":material/shuffle:", on_click=_draw_again)
    show_gallery(workspace, domain, rows, _CARD)


def _input_page_of(rows: np.ndarray, words: str, n: int) -> np.ndarray:
    if not len(rows):
        st.info(f"None of {counted(n, 'article')} contains “{plain(words)}”. Try fewer words, or part of one.")
        return rows
    st.text(f"{len(rows):,} of {counted(n, 'article')} contain it, oldest first.")
    page = _input_page(len(rows), SAMPLE, "find_page")
    return rows[page : page + SAMPLE]


def _input_page(count: int, per_page: int, key: str) -> int:
    """The first place of the page chosen, counted from 0."""
    pages = -(-count // per_page)
    if pages < 2:
        return 0
    chosen = session.SessionValue(key, 1)
    if chosen.get() > pages:  # another search or domain has fewer
        chosen.set(1)
    return (st.pagination(pages, key=key) - 1) * per_page


def _sample(n: int) -> np.ndarray:
    """Rows of a random sample, in the order of time; the same one until another is asked for."""
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
            date = "" if pd.isna(article["published_at"]) else f"{article['published_at']:%Y-%m-%d} · "
            st.caption(plain(f"{date}{article['split']} · {article['language']} · id {article['article_id']}"))


@st.cache_data(max_entries=8, show_spinner="Looking for duplicates…")
def _groups(
    folder: Path, created_at: str, _articles: pd.DataFrame
) -> tuple[list[DuplicateGroup], list[DuplicateGroup]]:
    return same_image(_articles), same_text(_articles)


def show_duplicates(workspace: Workspace, domain: Domain) -> None:
    """Which articles share an image or a text, and whether that leaks from train into val."""
    pictures, texts = _groups(domain.folder, domain.info.created_at, domain.articles)
    _show_count("an identical image", pictures, domain)
    _show_count("an identical text", texts, domain)
    st.caption(
        "Identical images have the same bytes or the same image_id; identical texts read alike after web addresses, "
        "white space and upper or lower case are set aside. Nothing is removed: it is for you to judge."
    )
    groups = pictures + texts
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
    leaking = st.toggle("Only groups that leak from train", **session.LEAKS.bound)
    shown = [group for group in groups if group.leaks] if leaking else groups
    if not shown:
        st.info("No group leaks: each lies wholly in train, or wholly outside it.")
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
            f"{sentence}; {counted(len(leaks), 'group')} with {counted(_untrained(leaks, domain), 'article')} outside "
            "train leak: training saw what they are tested with, so their ranks flatter the fine-tuned model.",
            icon=":material/warning:",
        )
    else:
        st.text(f"{sentence}; none straddles train and val.")


def _untrained(groups: list[DuplicateGroup], domain: Domain) -> int:
    splits = domain.articles["split"].to_numpy()
    return sum(splits[row] != "train" for group in groups for row in group.rows)


def _show_group(workspace: Workspace, domain: Domain, number: int, group: DuplicateGroup) -> None:
    with st.container(border=True):
        leak = " · leaks from train" if group.leaks else ""
        st.markdown(f"**{number}. Same {group.kind}**, {len(group.rows)} articles · {', '.join(group.splits)}{leak}")
        show_gallery(workspace, domain, group.rows[:SHOWN_OF_A_GROUP], _SMALL_CARD)
        if (more := len(group.rows) - SHOWN_OF_A_GROUP) > 0:
            st.caption(f"and {counted(more, 'more article')}, in the CSV.")
