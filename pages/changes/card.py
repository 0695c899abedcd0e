"""One article of the Rank changes gallery: its image, three ranks, what each model put first, and its tags."""

import pandas as pd
import streamlit as st

from core.data.domain import Domain
from core.errors import RematchError
from core.workspace.folders import Workspace
from core.workspace.sweep_results import Results
from core.workspace.tags import MAX_NOTE, known_tags, read_tags, tag_article
from pages.changes.table import MODELS
from pages.shared.errors import show_error
from pages.shared.images import image_of, show_image
from pages.shared.session import ARTICLE, DOMAIN, RUN
from pages.shared.text import plain, shorten


def show_card(
    workspace: Workspace, domain: Domain, results: Results, change: pd.Series, row: int, alpha: float
) -> None:
    """Draw it. change: the article's row of `change_table`; row: its place in the results."""
    article = results.articles.iloc[row]
    show_image(workspace, domain, article, alt=shorten(article["title"] or article["text"], 200))
    st.text(shorten(article["title"] or article["text"], 200))
    date = f"{article['published_at']:%Y-%m-%d} · " if pd.notna(article["published_at"]) else ""
    planted = f" · planted: {plain(article['planted'])}" if article["planted"] else ""
    st.caption(f"{date}article {plain(article['article_id'])}{planted}")
    arrow = {"improved": "▲", "worsened": "▼", "unchanged": "="}[change["direction"]]
    st.markdown(
        f"{arrow} rank **{change['zero-shot']}** zero-shot → **{change['fine-tuned']}** fine-tuned → "
        f"**{change['WiSE-FT']}** WiSE-FT (α {alpha:g})"
    )
    show_firsts(workspace, domain, results, row, alpha)
    link = {DOMAIN.key: domain.info.slug, RUN.key: results.run.info.name, ARTICLE.key: str(article["article_id"])}
    with st.container(horizontal=True):
        show_tags(workspace, domain, str(article["article_id"]))
        st.page_link(
            "pages/alpha/page.py", label="Drag α", icon=":material/tune:",
            query_params=link,
        )  # fmt: skip


def show_firsts(workspace: Workspace, domain: Domain, results: Results, row: int, alpha: float) -> None:
    """The image that each of the three models put first."""
    workspace_of = dict(zip(MODELS, (0, results.nearest_index(alpha), -1), strict=True))
    with st.grid(3, min_column_width=60, gap="xsmall", wrap=False):
        for model, place in workspace_of.items():
            first = int(results.top_images[place][row][0])
            other = results.with_image(first)
            own = first == results.gallery.target[row]
            with st.container(gap=None):
                data = image_of(workspace, domain, other)
                if data is not None:
                    st.image(data, width="stretch", alt=f"{model} puts first: {other['title'] or other['text']}")
                st.caption(f"{model}{' ✓' if own else ''}")


@st.fragment
def show_tags(workspace: Workspace, domain: Domain, article_id: str) -> None:
    """The article's tags and note, to be changed; kept at once."""
    slug = domain.info.slug
    every = read_tags(workspace, slug)
    kept = every.get(article_id)
    tags = list(kept.tags) if kept else []
    label = ", ".join(tags) if tags else "Tag"
    with st.popover(plain(label), icon=":material/sell:"), st.form(f"tag {slug} {article_id}", border=False):
        chosen = st.multiselect(
            "Tags", [*known_tags(every)], tags, accept_new_options=True, placeholder="choose, or type your own"
        )
        note = st.text_area("Note", kept.note if kept else "", max_chars=MAX_NOTE)
        if st.form_submit_button("Keep"):
            try:
                tag_article(workspace, slug, article_id, chosen, note)
            except RematchError as error:
                show_error(error)
            else:
                st.rerun(scope="app")
