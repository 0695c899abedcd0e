"""Translation of a domain into English, stored in additional columns.

Articles that came with English keep it. The column `TRANSLATOR` names the model of each translated article.
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
class TranslationResult:
    """Result of a translation. domain: with the translations. articles: number of translated articles.

    came_with: articles that came with English. others: language → number of articles in further languages. sentences:
    newly translated ones, not from the cache.
    """

    domain: Domain
    articles: int
    came_with: int
    others: dict[str, int]
    sentences: int


def translate_domain(domain: Domain, language: str, translator: Translator, workspace: Workspace) -> TranslationResult:
    """Translate the articles in `language` that came without English, and write the domain's table.

    Translations of other models are replaced, so that all English is by one model. Raises InputError if there is no
    article in that language or the domain was imported again meanwhile.
    """
    articles = domain.articles
    counts = articles["language"].value_counts()
    if language == ENGLISH or language not in counts:
        languages = ", ".join(f"{name} {count}" for name, count in counts.items())
        raise InputError(
            f"domain '{domain.info.slug}' has no articles in '{language}' to translate into English. Its articles by "
            f"language: {languages}. Choose one with --from."
        )
    by = articles.get(TRANSLATOR, pd.Series("", index=articles.index))
    came_with = translated(articles) & (by == "")
    in_language = articles["language"] == language
    rows = in_language & ~came_with
    english, sentences = translate_texts(
        pd.concat([articles.loc[rows, name] for name in _PAIRS]), language, translator, workspace
    )
    fresh = articles.copy()
    for original, version in _PAIRS.items():
        fresh.loc[rows, version] = articles.loc[rows, original].map(english)
    fresh[TRANSLATOR] = by.where(~rows, translator.name)
    written = replace(domain, articles=fresh)
    if not fresh.equals(articles):
        save_changed(domain, written)  # if it refuses, the translations are still in the cache
    others = {str(name): int(count) for name, count in counts.items() if name not in (language, ENGLISH)}
    return TranslationResult(written, int(rows.sum()), int((in_language & came_with).sum()), others, sentences)


def translate_texts(
    texts: pd.Series, language: str, translator: Translator, workspace: Workspace
) -> tuple[dict[str, str], int]:
    """Return distinct text → English, and the number of sentences that were not in the cache."""
    with TranslationCache(workspace.cache / "translations" / f"{translator.fingerprint}.sqlite") as cache:
        return translate_all(texts, language, translator, cache)
