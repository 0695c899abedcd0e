"""What a match looks like: three models side by side, or one of them large for an audience."""

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from core.data.domain import Domain
from core.data.images.decoding import open_image
from core.evaluation.models import Model
from core.jobs.match_task import Answer, Found, ModelAnswer
from core.presentation.theme import MODEL_COLOURS
from core.retrieval.choices import BY_COSINE
from core.workspace.folders import Workspace
from core.workspace.runs import Run
from pages.shared.images import show_image
from pages.shared.text import counted, plain, shorten

OWN = "its own image"
ORDINALS = ("Best match", "Second", "Third")
_LANGUAGES = {"de": "German", "en": "English", "fr": "French", "es": "Spanish", "it": "Italian", "pt": "Portuguese"}

#: Only of the page's own: no text from outside enters it.
_STYLE = """<style>
.st-key-match-asked img { max-height: 15rem; object-fit: contain }
[class*="st-key-match-own-"] { outline: 3px solid currentColor; outline-offset: -1px }
@media (max-width: 640px) { .st-key-match-names { display: none } }
.st-key-large img { object-fit: contain; max-height: 72vh }
[class*="st-key-small-"] img { object-fit: contain; max-height: 30vh }
</style>"""
_QUIET = """<style>
[data-testid="stSidebar"], [data-testid="stExpandSidebarButton"] { display: none }
</style>"""


@dataclass(frozen=True)
class MatchQuery:
    """by: headline, article or photo. text: the headline, the article's id, or the photo's file name."""

    by: str
    text: str
    photo: bytes | None = None


@dataclass(frozen=True)
class Matched:
    """A question and its answer, with what is needed to show them."""

    workspace: Workspace
    domain: Domain
    run: Run
    question: MatchQuery
    answer: Answer

    @property
    def models(self) -> list[tuple[str, ModelAnswer]]:
        """Name and answer of zero-shot, WiSE-FT and fine-tuned."""
        return list(zip(MODEL_COLOURS, self.answer.models, strict=True))

    @property
    def asked_article(self) -> pd.Series | None:
        """The article that was picked; None for another question."""
        return self.article(self.question.text) if self.question.by == "article" else None

    def article(self, article_id: str) -> pd.Series:
        """A row of the domain's table."""
        articles = self.domain.articles
        return articles[articles["article_id"] == article_id].iloc[0]

    def article_of(self, one: Found) -> pd.Series:
        """The row of what was found; empty but for the image where nobody knows which article it came with."""
        if one.article_id:
            return self.article(one.article_id)
        pictures = self.domain.image_table()
        return pictures[(pictures["image_id"] == one.image_id) & (pictures["article_id"] == "")].iloc[0]

    @property
    def title(self) -> str:
        """The headline that was looked for, or the photo's name."""
        article = self.asked_article
        return self.question.text if article is None else headline_of(article)

    @property
    def searched(self) -> str:
        """What was searched, with its size."""
        article = self.asked_article
        if article is not None:
            return f"the {counted(self.answer.searched, 'image')} of {article['split']}"
        noun = "article" if self.question.by == "photo" else "image"
        return f"all {counted(self.answer.searched, noun)} of the domain"

    @property
    def similarity(self) -> str:
        """What the number beside each thing found is."""
        how = self.answer.reranking
        if how == BY_COSINE:
            return "Similarity: the cosine."
        return f"Similarity: the cosine less half the nearness to the queries in general (re-ranked by {how.method})."


def headline_of(article: pd.Series, *, english: bool = False) -> str:
    """An article's headline, in English if wanted and there."""
    wanted = (article["title_en"] or article["text_en"]) if english else ""
    return str(wanted or article["title"] or article["text"] or f"image {article['image_id']}")


def date_of(article: pd.Series) -> str:
    """When it was published, or nothing."""
    return f"{article['published_at']:%Y-%m-%d}" if pd.notna(article["published_at"]) else ""


def name_at(name: str, model: ModelAnswer) -> str:
    """The model's name; WiSE-FT with its α."""
    return f"{name}, α = {model.alpha:.4g}" if name == Model.WISE_FT else name


def is_own(model: ModelAnswer, one: Found) -> bool:
    """Is it the image that the picked article was published with?"""
    return model.own is not None and model.own.image_id == one.image_id


def show_language_note(matched: Matched) -> None:
    """Where the encoder does not read what is put to it: that it does not, and which one does."""
    languages, own = matched.answer.languages, matched.domain.info.language
    encoder = plain(matched.run.info.encoder)
    if matched.question.by == "headline" and len(languages) == 1:
        reads = _LANGUAGES.get(languages[0], languages[0])
        st.caption(f"{encoder} reads {reads} only; for German, pick or train a run of lite-multilingual.")
    elif own not in languages and not matched.run.info.english:
        st.caption(
            f"{encoder} was not made for '{plain(own)}', the language of this domain; lite-multilingual reads German."
        )


def show_comparison(matched: Matched) -> None:
    """The three models side by side, place by place; on a phone one after the other, each saying which it is."""
    st.html(_STYLE)
    if matched.question.by != "headline":
        show_asked(matched)
    same = matched.asked_article is not None and matched.answer.reranking == matched.run.reranking()
    as_elsewhere = ", as on the other pages" if same else ""
    st.caption(f"Searched: {matched.searched}{as_elsewhere}. {matched.similarity} By the exact weights at each α.")
    show_names(matched)
    for place in range(len(matched.answer.models[0].found)):
        for column, (name, model) in zip(st.columns(3), matched.models, strict=True):
            with column:
                show_card(matched, name, model, model.found[place])


def show_names(matched: Matched) -> None:
    """The heads of the three columns; on a phone only where they say more than the cards below them do."""
    with st.container(key="match-ranks" if matched.asked_article is not None else "match-names"):
        for column, (name, model) in zip(st.columns(3), matched.models, strict=True):
            with column.container(gap="xsmall"):
                st.markdown(f"**{plain(name_at(name, model))}**")
                if model.own is not None:
                    st.caption(f"{OWN} at rank **{model.own.place:,}**, similarity {model.own.score:.4f}")


def show_asked(matched: Matched) -> None:
    """The picked article with its own image, or the uploaded photo."""
    article = matched.asked_article
    picture, words = st.columns([1, 4])
    with picture, st.container(key="match-asked"):
        if article is not None:
            show_image(matched.workspace, matched.domain, article, alt="The image the article was published with")
        else:
            st.image(open_image(matched.question.photo or b""), width="stretch", alt="The uploaded photo")
    if article is not None:
        words.markdown(f"**{plain(shorten(headline_of(article), 300))}**")
        words.caption(plain(f"{date_of(article)} article {article['article_id']} of {article['split']}"))


def show_bar(name: str) -> None:
    """The model's colour."""
    st.html(f'<div style="height: 6px; border-radius: 3px; background: {MODEL_COLOURS[name]}"></div>')


def show_card(matched: Matched, name: str, model: ModelAnswer, one: Found) -> None:
    """One thing found by one model."""
    article, own = matched.article_of(one), is_own(model, one)
    key = f"match-{'own-' if own else ''}{list(MODEL_COLOURS).index(name)}-{one.place}"
    with st.container(border=True, key=key, height="stretch", gap="xsmall"):
        show_bar(name)
        st.markdown(f"**{one.place}** · {plain(name)} · similarity {one.score:.4f}")
        if own:
            st.markdown(f":material/check_circle: **{OWN}**")
        text = headline_of(article)
        show_image(matched.workspace, matched.domain, article, alt=f"{name}, rank {one.place}: {shorten(text, 200)}")
        st.markdown(
            plain(shorten(text, 160)) if matched.question.by == "photo" else f":small[{plain(shorten(text, 110))}]"
        )
        if published := date_of(article):
            st.caption(plain(published))


def show_presentation(matched: Matched) -> None:
    """WiSE-FT's first images, large, for people who do not want to know how they were matched."""
    st.html(_STYLE + _QUIET)
    model = matched.answer.models[1]
    by_photo = matched.question.by == "photo"
    title = "Which article belongs to this photo?" if by_photo else shorten(matched.title, 200)
    st.header(plain(title), anchor=False)
    if by_photo:
        with st.container(key="small-asked"):
            st.image(open_image(matched.question.photo or b""), alt="The photo")
    best, others = st.columns([2, 1])
    for number, (word, one) in enumerate(zip(ORDINALS, model.found, strict=False)):
        article = matched.article_of(one)
        column, key = (others, f"small-{number}") if number else (best, "large")
        with column, st.container(key=key, gap="xsmall"):
            own = ": the image it was published with" if is_own(model, one) else ""
            st.subheader(f"{word}{own}", anchor=False)
            show_image(matched.workspace, matched.domain, article, alt=f"{word}: {headline_of(article)}", large=True)
            st.markdown(plain(shorten(headline_of(article), 160)))
