"""Query text of an article: which of its parts an encoder reads, and how they are cleaned and joined."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Literal, get_args

from core.data.entities.tags import entities_of, phrase_of
from core.data.text_cleaning import clean, sentences, split_hashtags
from core.errors import InputError

Parts = Literal["title", "text", "title+text"]
PARTS: tuple[Parts, ...] = get_args(Parts)
Hashtags = Literal["split", "keep"]
HASHTAGS: tuple[Hashtags, ...] = get_args(Hashtags)
EntityTags = Literal["phrase", "drop"]
ENTITY_TAGS: tuple[EntityTags, ...] = get_args(EntityTags)

WHOLE, FIRST_SENTENCE, WORDS = "whole", "first-sentence", "words"


@dataclass(frozen=True)
class Reading:
    """Settings of the query text. Raises InputError for an invalid body.

    parts: title, text or both; both by default, since the text adds what the headline omits. hashtags: split into
    words, which tokenizers know. entity_tags: used as a phrase or dropped, if an article has them instead of a text.
    body: how much of the text: `whole` (the encoder truncates at its context length), `first-sentence` or `words:N`.
    """

    parts: Parts = "title+text"
    hashtags: Hashtags = "split"
    entity_tags: EntityTags = "phrase"
    body: str = WHOLE

    def __post_init__(self) -> None:
        if self.body not in (WHOLE, FIRST_SENTENCE) and _word_count(self.body) is None:
            raise InputError(f"--text-length {self.body} is not valid: use whole, first-sentence, or words:N (N ≥ 1).")

    def describe(self) -> str:
        """Return the parts, followed by all settings that differ from the defaults."""
        defaults = Reading()
        others = [
            f"{field.name.replace('_', ' ')} {getattr(self, field.name)}"
            for field in fields(self)
            if field.name != "parts" and getattr(self, field.name) != getattr(defaults, field.name)
        ]
        return ", ".join([self.parts, *others])

    def query(self, title: str, text: str, language: str) -> str:
        """Return the cleaned query text of one article. language: two letters, of title and text.

        ``title+text`` joins the two with ". " (the recipe of the published baseline: headline, then tags or body).
        If the chosen part is empty, the other one replaces it, so that every article has a query.
        """
        title, body = self._words(title), self._words(self._body(text, language)) or ""
        if not (title or body):  # the article has only tags, which are dropped
            body = self._words(phrase_of(text))
        if self.parts == "title":
            return title or body
        if self.parts == "text":
            return body or title
        if not (title and body):
            return title or body
        return f"{title} {body}" if title[-1] in ".!?…" else f"{title}. {body}"

    def _words(self, text: str) -> str:
        cleaned = clean(text)
        return split_hashtags(cleaned) if self.hashtags == "split" else cleaned

    def _body(self, text: str, language: str) -> str:
        """Return the part of a text that is used."""
        if entities_of(text) is not None:
            return phrase_of(text) if self.entity_tags == "phrase" else ""
        if self.body == FIRST_SENTENCE:
            return next(iter(sentences(clean(text), language)), "")
        count = _word_count(self.body)
        return " ".join(clean(text).split()[:count])


def _word_count(body: str) -> int | None:
    word, _, number = body.partition(":")
    return int(number) if word == WORDS and number.isdecimal() and int(number) > 0 else None


def queries(titles: Iterable[str], texts: Iterable[str], languages: Iterable[str], reading: Reading) -> list[str]:
    """Return `Reading.query` of every article, in order."""
    return [reading.query(*article) for article in zip(titles, texts, languages, strict=True)]
