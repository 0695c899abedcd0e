"""Views of a match: three models side by side, or the images of one model large as a presentation."""

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
from pages.shared.text import counted, day, plain, shorten

OWN = "its own image"
ORDINALS = ("Best match", "Second", "Third")
_LANGUAGES = {"de": "German", "en": "English", "fr": "French", "es": "Spanish", "it": "Italian", "pt": "Portuguese"}

#: Style sheet for this page only; no text from outside enters it.
_STYLE = """<style>
.st-key-match-query img { max-height: 15rem; object-fit: contain }
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
        articles = self.domain.articles
        return articles[articles["article_id"] == article_id].iloc[0]

    def article_of(self, found: Found) -> pd.Series:
        """Return the article of a found image; without ground truth, a row with only the image."""
        if found.article_id:
            return self.article(found.article_id)
        images = self.domain.image_table()
        return images[(images["image_id"] == found.image_id) & (images["article_id"] == "")].iloc[0]

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


def show_language_note(matched: Matched) -> None:
    """Show a note if the encoder does not read the language of the query, with an encoder that does."""
    languages, language = matched.answer.languages, matched.domain.info.language
    encoder = plain(matched.run.info.encoder)
    if matched.question.by in ("headline", "batch") and len(languages) == 1:
        reads = _LANGUAGES.get(languages[0], languages[0])
        st.caption(
            f"{encoder} reads only {reads}. For another language, choose or train a run with lite-multilingual, which "
            "reads 15."
        )
    elif language not in languages and not matched.run.info.english:
        st.caption(
            f"{encoder} does not read '{plain(language)}', the language of this domain, so its results say little. "
            "lite-multilingual reads 15 languages."
        )


def show_query(matched: Matched) -> None:
    """Show the picked article with its own image, or the uploaded photo."""
    article = matched.picked_article
    image, words = st.columns([1, 4])
    with image, st.container(key="match-query"):
        if article is not None:
            show_image(matched.workspace, matched.domain, article, alt="The image the article was published with")
        else:
            st.image(open_image(matched.question.photo or b""), width="stretch", alt="The uploaded photo")
    if article is not None:
        words.markdown(f"**{plain(shorten(headline_of(article), 300))}**")
        words.caption(plain(f"{day(article['published_at'])} article {article['article_id']} of {article['split']}"))
