"""Card of an article on the Rank changes page: image, three ranks, the first image of each model, and tags."""

import pandas as pd
import streamlit as st

from core.data.domain import Domain
from core.errors import RematchError
from core.workspace.folders import Workspace
from core.workspace.sweep_results import Results
from core.workspace.tags import MAX_NOTE, known_tags, read_tags, tag_article
from pages.changes.table import MODELS
from pages.page_files import page_file
from pages.shared.errors import show_error
from pages.shared.help_texts import help_for
from pages.shared.images import image_of, show_image
from pages.shared.session import ARTICLE, DOMAIN, RUN
from pages.shared.text import day, plain, shorten


def show_card(
    workspace: Workspace, domain: Domain, results: Results, change: pd.Series, row: int, alpha: float
) -> None:
    """Draw the card. change: the article's row of `change_table`. row: its row in the results."""
    article = results.articles.iloc[row]
    show_image(workspace, domain, article, alt=shorten(article["title"] or article["text"], 200))
    st.text(shorten(article["title"] or article["text"], 200))
    date = f"{day(article['published_at'])} · " if day(article["published_at"]) else ""
    planted = f" · planted: {plain(article['planted'])}" if article["planted"] else ""
    st.caption(f"{date}article {plain(article['article_id'])}{planted}")
    arrow = {"improved": "▲", "worsened": "▼", "unchanged": "="}[change["direction"]]
    st.markdown(
        f"{arrow} rank **{change['zero-shot']:,}** zero-shot → **{change['fine-tuned']:,}** fine-tuned → "
        f"**{change['WiSE-FT']:,}** WiSE-FT (α = {alpha:g})"
    )
    show_first_images(workspace, domain, results, row, alpha)
    link = {DOMAIN.key: domain.info.slug, RUN.key: results.run.info.name, ARTICLE.key: str(article["article_id"])}
    with st.container(horizontal=True):
        show_tags(workspace, domain, str(article["article_id"]))
        st.page_link(
            page_file("alpha"), label="Drag α", icon=":material/tune:",
            query_params=link,
        )  # fmt: skip


def show_first_images(workspace: Workspace, domain: Domain, results: Results, row: int, alpha: float) -> None:
    """Show the image that each of the three models ranks first."""
    index_of = dict(zip(MODELS, (0, results.nearest_index(alpha), -1), strict=True))
    with st.grid(3, min_column_width=60, gap="xsmall", wrap=False):
        for model, index in index_of.items():
            first = int(results.top_images[index][row][0])
            published = results.with_image(first)
            is_own_image = first == results.gallery.target[row]
            with st.container(gap=None):
                data = image_of(workspace, domain, published)
                if data is not None:
                    st.image(
                        data, width="stretch", alt=f"Ranked first by {model}: {published['title'] or published['text']}"
                    )
                st.caption(f"{model}{' ✓' if is_own_image else ''}")


@st.fragment
def show_tags(workspace: Workspace, domain: Domain, article_id: str) -> None:
    """Show the article's tags and note with a form to change them."""
    slug = domain.info.slug
    tags_of_domain = read_tags(workspace, slug)
    stored = tags_of_domain.get(article_id)
    tags = list(stored.tags) if stored else []
    label = ", ".join(tags) if tags else "Tag"
    with st.popover(plain(label), icon=":material/sell:"), st.form(f"tag {slug} {article_id}", border=False):
        chosen = st.multiselect(
            "Tags",
            [*known_tags(tags_of_domain)],
            tags,
            accept_new_options=True,
            placeholder="Choose a tag or type a new one",
            help=help_for("Tag, note"),
        )
        note = st.text_area("Note", stored.note if stored else "", max_chars=MAX_NOTE, help=help_for("Tag, note"))
        if st.form_submit_button("Save"):
            try:
                tag_article(workspace, slug, article_id, chosen, note)
            except RematchError as error:
                show_error(error)
            else:
                st.rerun(scope="app")
