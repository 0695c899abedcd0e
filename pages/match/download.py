"""The page of a match to take away: what is on the screen, put on one sheet and offered as HTML, which prints."""

from datetime import date
from functools import partial
from io import BytesIO

import streamlit as st
from PIL import Image

from core.data.images.decoding import open_image
from core.jobs.match_task import Found, ModelAnswer
from core.presentation.theme import MODEL_COLOURS
from core.report.match_sheet import PLACES, Column, Entry, MatchSheet, as_html
from pages.match.view import OWN, Matched, date_of, headline_of, is_own, name_at
from pages.shared.images import image_of
from pages.shared.text import shorten

ASKED_SIZE = 320  # pixels of the longer side of the photo that was asked for


def show_take_away(matched: Matched) -> None:
    """Offer one page of the match as HTML."""
    name = f"match-{matched.domain.info.slug}-{matched.question.by}"
    st.caption(f"To take away, one page with the first {PLACES} places at most:")
    st.download_button(
        "HTML", partial(_html, matched), f"{name}.html", "text/html", on_click="ignore", icon=":material/download:"
    )


def _html(matched: Matched) -> bytes:
    return as_html(sheet_of(matched))


def sheet_of(matched: Matched) -> MatchSheet:
    """What the page to take away says."""
    article, info = matched.asked_article, matched.run.info
    picture = _small_jpeg(matched.question.photo) if matched.question.photo else None
    if article is not None:
        picture = image_of(matched.workspace, matched.domain, article)
    columns = tuple(
        Column(
            name_at(name, model),
            MODEL_COLOURS[name],
            f"{OWN} at rank {model.own.place:,}" if model.own else "",
            tuple(_entry(matched, model, one) for one in model.found[:PLACES]),
        )
        for name, model in matched.models
    )
    synthetic = "; none of this is news" if matched.domain.info.synthetic else ""
    footer = (
        f"Rematch, {date.today():%Y-%m-%d}. {matched.domain.info.title}{synthetic}, run {info.name} ({info.encoder}), "
        f"WiSE-FT at α = {matched.answer.models[1].alpha:.4g}. {matched.similarity} Searched: {matched.searched}."
    )
    return MatchSheet(
        shorten(matched.title, 240), f"Found by {info.encoder} for this {matched.question.by}", picture, columns, footer
    )


def _entry(matched: Matched, model: ModelAnswer, one: Found) -> Entry:
    article = matched.article_of(one)
    return Entry(
        f"Rank {one.place}, similarity {one.score:.4f}",
        OWN if is_own(model, one) else "",
        shorten(headline_of(article), 120),
        date_of(article),
        image_of(matched.workspace, matched.domain, article),
    )


def _small_jpeg(photo: bytes) -> bytes:
    image = open_image(photo)
    image.thumbnail((ASKED_SIZE, ASKED_SIZE), Image.Resampling.BICUBIC)
    out = BytesIO()
    image.save(out, "JPEG")
    return out.getvalue()
