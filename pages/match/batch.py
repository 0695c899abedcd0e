"""Batch of headlines: the first images for each of them, next to each other."""

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
    """Show the images of each headline in a row, and which headlines share their first image."""
    headlines = matched.question.text.splitlines()
    sharing = _sharing(matched)
    st.caption(f"{_shared(matched, sharing)} Searched: {matched.searched}. {matched.similarity}")
    for number, (headline, answer) in enumerate(zip(headlines, matched.answer.models, strict=True), start=1):
        others = [other for other in sharing[answer.found[0].image_id] if other != number]
        shares = f" :small[· same first image as {', '.join(map(str, others))}]" if others else ""
        st.markdown(f"**{number}. {plain(shorten(headline, 300))}**{shares}")
        for column, found in zip(st.columns(len(answer.found), gap="small"), answer.found, strict=True):
            article = matched.article_of(found)
            with column.container(gap="xsmall"):
                title = shorten(headline_of(article), 110)
                show_image(matched.workspace, matched.domain, article, alt=f"Rank {found.place}: {title}")
                st.caption(f"**{found.place}** · similarity {similarity(found.score)}  \n{plain(title)}")


def _sharing(matched: Matched) -> dict[str, list[int]]:
    """Return the numbers of the headlines, from 1, with each first image."""
    numbers: dict[str, list[int]] = {}
    for number, answer in enumerate(matched.answer.models, start=1):
        numbers.setdefault(answer.found[0].image_id, []).append(number)
    return numbers


def _shared(matched: Matched, sharing: dict[str, list[int]]) -> str:
    shared = sum(len(numbers) for numbers in sharing.values() if len(numbers) > 1)
    if not shared:
        return "Each headline has its own first image."
    remedy = "" if matched.answer.reranking.method == "sinkhorn" else " Re-rank by sinkhorn to separate them."
    return f"{counted(shared, 'headline')} share the first image with another.{remedy}"
