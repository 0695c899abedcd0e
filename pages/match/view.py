"""A query with its answer, as all views of the Match page need them, and notes about the query."""

from dataclasses import dataclass
from functools import cached_property

import pandas as pd
import streamlit as st

from core.data.domain import Domain
from core.data.images.decoding import open_image
from core.evaluation.models import Model
from core.jobs.along_task import Along
from core.jobs.match_task import Answer, Found, ModelAnswer
from core.presentation.theme import MODEL_COLOURS
from core.retrieval.choices import BY_COSINE
from core.workspace.folders import Workspace
from core.workspace.runs import Run
from pages.shared.images import show_image
from pages.shared.text import counted, day, plain, shorten

OWN = "its own image"
_LANGUAGES = {
    "ar": "Arabic", "da": "Danish", "de": "German", "en": "English", "es": "Spanish", "fi": "Finnish", "fr": "French",
    "it": "Italian", "ja": "Japanese", "ko": "Korean", "nb": "Norwegian", "nl": "Dutch", "no": "Norwegian",
    "pl": "Polish", "pt": "Portuguese", "ru": "Russian", "sv": "Swedish", "tr": "Turkish", "uk": "Ukrainian",
    "zh": "Chinese",
}  # fmt: skip


@dataclass(frozen=True)
class MatchQuery:
    """A query.

    by: headline, article, photo or batch. text: the headline, the article's id, the photo's file name, or the headlines
    of the batch, one per line.
    """

    by: str
    text: str
    photo: bytes | None = None


@dataclass(frozen=True)
class Matched:
    """A query and its answer, with the domain and run they belong to."""

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
    def picked_article(self) -> pd.Series | None:
        """The article that the user picked; None for a headline or a photo."""
        return self.article(self.question.text) if self.question.by == "article" else None

    def article(self, article_id: str) -> pd.Series:
        """Return the article's row of the domain's table."""
        return self.domain.articles.iloc[self.domain.rows_by_id[article_id]]

    def article_of(self, found: Found) -> pd.Series:
        """Return the article of a found image; without ground truth, a row with only the image."""
        if found.article_id:
            return self.article(found.article_id)
        return self._unpublished.loc[[found.image_id]].iloc[0]

    @cached_property
    def _unpublished(self) -> pd.DataFrame:
        """The images without a known article, by id."""
        images = self.domain.image_table()
        return images[images["article_id"] == ""].set_index("image_id", drop=False)

    @property
    def title(self) -> str:
        """The headline of the query, or the photo's name."""
        article = self.picked_article
        return self.question.text if article is None else headline_of(article)

    @property
    def searched(self) -> str:
        """The searched images or articles, with their number."""
        article = self.picked_article
        if article is not None:
            return f"the {counted(self.answer.searched, 'image')} of {article['split']}"
        noun = "article" if self.question.by == "photo" else "image"
        return f"all {counted(self.answer.searched, noun)} of the domain"

    @property
    def similarity(self) -> str:
        """The explanation of the similarity on the cards."""
        how = self.answer.reranking
        if how == BY_COSINE:
            return "Similarity: cosine."
        if how.method == "sinkhorn":
            return "Similarity: cosine, lowered for images that other queries need (re-ranked by sinkhorn)."
        return f"Similarity: cosine minus half the nearness to all queries (re-ranked by {how.method})."


def headline_of(article: pd.Series, *, english: bool = False) -> str:
    """Return an article's headline; its English version if `english` and there is one."""
    translated = (article["title_en"] or article["text_en"]) if english else ""
    return str(translated or article["title"] or article["text"] or f"image {article['image_id']}")


def name_at(name: str, model: ModelAnswer) -> str:
    """Return the model's name; WiSE-FT with its α."""
    return f"{name}, α = {model.alpha:g}" if name == Model.WISE_FT else name


def is_own(model: ModelAnswer, found: Found) -> bool:
    """Return whether the image is the own image of the picked article."""
    return model.own is not None and model.own.image_id == found.image_id


def show_notes(matched: Matched, along: Along) -> None:
    """Show notes about the query: a language that the encoder does not read, and a text that it cuts off."""
    for note in notes_of(matched, along.language, along.words_read):
        st.caption(note)


def notes_of(matched: Matched, language: str | None, words_read: int | None) -> list[str]:
    """Return notes about the query as Markdown. language: of the headline, None if it is not clear."""
    run, notes = matched.run, []
    encoder, readable = plain(run.info.encoder), matched.answer.languages
    if matched.question.by == "headline":
        unread, what = language, "This headline seems to be"
    else:
        unread, what = None if run.info.english else matched.domain.info.language, "The articles of this domain are"
    if unread is not None and unread not in readable:
        reads = named_language(readable[0]) if len(readable) == 1 else f"{len(readable)} other languages"
        notes.append(
            f"{what} in {named_language(unread)}. {encoder} reads {reads}, so the results say little. Choose or train "
            "a run with an encoder that reads it; lite-multilingual reads 15 languages."
        )
    if words_read is not None:
        words = len(matched.question.text.split())
        notes.append(f"{encoder} reads only the first {counted(words_read, 'word')} of the {words:,} of this headline.")
    return notes


def named_language(code: str) -> str:
    """Return the English name of a language, or its code."""
    return _LANGUAGES.get(code, f"'{plain(code)}'")


def show_query(matched: Matched) -> None:
    """Show the picked article with its own image, or the uploaded photo."""
    article = matched.picked_article
    with st.container(horizontal=True, key="match_query", gap="small", vertical_alignment="center"):
        if article is not None:
            show_image(matched.workspace, matched.domain, article, alt="The image the article was published with")
            st.markdown(
                f"**{plain(shorten(headline_of(article), 300))}**  \n:small[Its own image. "
                f"{plain(day(article['published_at']))} article {plain(article['article_id'])} of {article['split']}]"
            )
        elif matched.question.photo is not None:
            st.image(open_image(matched.question.photo), width="stretch", alt="The uploaded photo")
