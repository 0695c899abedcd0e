"""Batch of headlines: the first images for each of them, next to each other."""

from collections import Counter

import streamlit as st

from core.errors import counted
from pages.match.view import Matched, MatchQuery, headline_of
from pages.shared.images import show_image
from pages.shared.text import plain, shorten, similarity

#: A batch is drawn on one page; `rematch match` takes longer ones.
HEADLINES = 50
_KEY = "match_batch"


def input_batch(characters: int) -> MatchQuery | None:
    """Input up to HEADLINES headlines of up to `characters` characters, one in each line."""
    text = st.text_area(
        "Headlines", key=_KEY, placeholder="Paste one headline per line", max_chars=HEADLINES * characters,
        help=f"Searches all images of the domain for each of the first {HEADLINES} lines.",
    )  # fmt: skip
    lines = [" ".join(line.split())[:characters] for line in (text or "").splitlines()]
    headlines = [line for line in lines if line][:HEADLINES]
    return MatchQuery("batch", "\n".join(headlines)) if headlines else None


def show_batch(matched: Matched) -> None:
    """Show the images of each headline in a row, and how many headlines share their first image."""
    headlines = matched.question.text.splitlines()
    st.caption(f"Searched: {matched.searched}, at α = {matched.answer.models[0].alpha:g}. {matched.similarity}")
    st.caption(_shared(matched))
    for number, (headline, answer) in enumerate(zip(headlines, matched.answer.models, strict=True), start=1):
        st.markdown(f"**{number}. {plain(shorten(headline, 300))}**")
        for column, found in zip(st.columns(len(answer.found)), answer.found, strict=True):
            article = matched.article_of(found)
            with column:
                title = shorten(headline_of(article), 110)
                show_image(matched.workspace, matched.domain, article, alt=f"Rank {found.place}: {title}")
                st.markdown(f"**{found.place}** · similarity {similarity(found.score)}")
                st.caption(plain(title))


def _shared(matched: Matched) -> str:
    firsts = Counter(answer.found[0].image_id for answer in matched.answer.models)
    shared = sum(times for times in firsts.values() if times > 1)
    if not shared:
        return "Each headline has its own first image."
    remedy = "" if matched.answer.reranking.method == "sinkhorn" else " Re-rank by sinkhorn to separate them."
    return f"{counted(shared, 'headline')} share the first image with another.{remedy}"
