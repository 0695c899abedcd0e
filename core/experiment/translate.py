"""A domain's English version, written by a translation model beside the original.

An article that came with English keeps it: `TRANSLATOR` says which were translated, and by what.
"""

from dataclasses import dataclass, replace

import pandas as pd

from core.data.domain import ENGLISH, TRANSLATOR, Domain, save_changed, translated
from core.data.translation.cache import TranslationCache
from core.data.translation.marian import Translator, translate_all
from core.errors import InputError
from core.workspace.folders import Workspace

_PAIRS = {"title": "title_en", "text": "text_en"}


@dataclass(frozen=True)
class Translated:
    """What a translation did. domain: as it is now. articles: that are translated; came_with: had English already.

    others: language → articles in languages that this was not for. sentences: translated now, not from the cache.
    """

    domain: Domain
    articles: int
    came_with: int
    others: dict[str, int]
    sentences: int


def translate_domain(domain: Domain, language: str, translator: Translator, workspace: Workspace) -> Translated:
    """Translate the articles in `language` that came without English, and write the domain's table.

    What another model translated is translated again, so that one model's English is read. Raises InputError: there
    is no article in that language, or the domain was imported anew meanwhile.
    """
    articles = domain.articles
    counts = articles["language"].value_counts()
    if language == ENGLISH or language not in counts:
        there = ", ".join(f"{name} {count}" for name, count in counts.items())
        raise InputError(
            f"domain '{domain.info.slug}' has no articles in '{language}' to translate into English; its articles by "
            f"language: {there}. Name one of these with --from."
        )
    by = articles.get(TRANSLATOR, pd.Series("", index=articles.index))
    came_with = translated(articles) & (by == "")
    own = articles["language"] == language
    rows = own & ~came_with
    english, sentences = english_of(
        pd.concat([articles.loc[rows, name] for name in _PAIRS]), language, translator, workspace
    )
    fresh = articles.copy()
    for original, version in _PAIRS.items():
        fresh.loc[rows, version] = articles.loc[rows, original].map(english)
    fresh[TRANSLATOR] = by.where(~rows, translator.name)
    written = replace(domain, articles=fresh)
    if not fresh.equals(articles):
        save_changed(domain, written)  # what is translated is kept, should it refuse
    others = {str(name): int(count) for name, count in counts.items() if name not in (language, ENGLISH)}
    return Translated(written, int(rows.sum()), int((own & came_with).sum()), others, sentences)


def english_of(
    texts: pd.Series, language: str, translator: Translator, workspace: Workspace
) -> tuple[dict[str, str], int]:
    """English for each distinct text, and how many sentences were not in the cache."""
    with TranslationCache(workspace.cache / "translations" / f"{translator.fingerprint}.sqlite") as cache:
        return translate_all(texts, language, translator, cache)
