"""Download of a match: the results on the screen as one HTML sheet, which can be printed."""

from datetime import date
from functools import partial
from io import BytesIO

import streamlit as st
from PIL import Image

from core.data.images.decoding import open_image
from core.jobs.match_task import Found, ModelAnswer
from core.presentation.theme import MODEL_COLOURS
from core.report.match_sheet import PLACES, Column, Entry, MatchSheet, as_html
from pages.match.view import OWN, Matched, headline_of, is_own, name_at
from pages.shared.images import image_of
from pages.shared.text import day, shorten, similarity

PHOTO_SIZE = 320  # pixels of the longer side of the uploaded photo


def show_download(matched: Matched, sentence: str) -> None:
    """Offer the match as an HTML sheet. sentence: how sure the results are, or ""."""
    name = f"match-{matched.domain.info.slug}-{matched.question.by}"
    st.download_button(
        "Download as HTML",
        partial(_html, matched, sentence),
        f"{name}.html",
        "text/html",
        help=f"One page to print or pass on, with at most the first {PLACES} ranks of each model.",
        on_click="ignore",
        icon=":material/download:",
    )


def _html(matched: Matched, sentence: str) -> bytes:
    return as_html(sheet_of(matched, sentence))


def sheet_of(matched: Matched, sentence: str = "") -> MatchSheet:
    """Return the contents of the sheet."""
    article, info = matched.picked_article, matched.run.info
    query_image = _small_jpeg(matched.question.photo) if matched.question.photo else None
    if article is not None:
        query_image = image_of(matched.workspace, matched.domain, article)
    columns = tuple(
        Column(
            name_at(name, model),
            MODEL_COLOURS[name],
            f"{OWN} at rank {model.own.place:,}" if model.own else "",
            tuple(_entry(matched, model, found) for found in model.found[:PLACES]),
        )
        for name, model in matched.models
    )
    synthetic = " (synthetic, not news)" if matched.domain.info.synthetic else ""
    footer = (
        f"Rematch, {date.today():%Y-%m-%d}. {matched.domain.info.title}{synthetic}, run {info.name} ({info.encoder}), "
        f"WiSE-FT at α = {matched.answer.models[1].alpha:g}. {matched.similarity} Searched: {matched.searched}. "
        f"{sentence}"
    )
    return MatchSheet(
        shorten(matched.title, 240),
        f"{matched.domain.info.title}{synthetic}: found in {matched.searched} by run {info.name} ({info.encoder}), "
        f"{date.today():%Y-%m-%d}",
        query_image,
        columns,
        footer.strip(),
    )


def _entry(matched: Matched, model: ModelAnswer, found: Found) -> Entry:
    article = matched.article_of(found)
    return Entry(
        f"Rank {found.place}, similarity {similarity(found.score)}",
        OWN if is_own(model, found) else "",
        shorten(headline_of(article), 120),
        day(article["published_at"]),
        image_of(matched.workspace, matched.domain, article),
    )


def _small_jpeg(photo: bytes) -> bytes:
    image = open_image(photo)
    image.thumbnail((PHOTO_SIZE, PHOTO_SIZE), Image.Resampling.BICUBIC)
    out = BytesIO()
    image.save(out, "JPEG")
    return out.getvalue()
