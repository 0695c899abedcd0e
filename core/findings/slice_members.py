"""Members of slices: groups of a split's articles by their texts, images, tags and columns.

The name of a slice is also its name in an address (`?slice=mentions a person`).
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pandas as pd

from core.data.domain import COLUMNS, TAGS, TRANSLATOR, Domain
from core.data.entities.rules import Mentions, english_or_original, in_headline, tags_of, texts_of
from core.data.images.decoding import ImageError, open_image
from core.data.images.kinds import IMAGE_KINDS, ImageKind, kind_of
from core.data.language import STATED
from core.data.time_split import Split
from core.progress import progress
from core.workspace.tags import Tagged

PERSON, PLACE, ORGANISATION = "a person", "a place", "an organisation"
#: The paper's scenes, approximated by texts without any name.
NO_NAME = "no name"
#: Prefixes: names in the whole text and its tags, or in the headline alone, which shows what the news is about.
MENTIONS, HEADLINE = "mentions ", "headline names "
#: A column of an import with more different values identifies articles instead of groups.
_MOST_VALUES = 20
#: Least size of a site, topic or language: every additional slice makes the tests of all others stricter.
_FEWEST_OF_A_VALUE = 10
_NO_KIND = frozenset((*COLUMNS, TAGS, TRANSLATOR, STATED, "image_url"))

Slices = dict[str, np.ndarray]


def slices_of(domain: Domain, split: Split, mentions: Sequence[Mentions], tags: Mapping[str, Tagged]) -> Slices:
    """Return slice → membership of the articles of `Domain.labelled(split)`, bool [N], in a fixed order.

    Slices have any size. mentions: of every article of the domain, in order. tags: the user's tags by article id.
    """
    articles = domain.labelled(split)
    here = domain.articles.index.isin(articles.index)
    texts = [text for text, is_here in zip(texts_of(domain.articles), here, strict=True) if is_here]
    named = [mention for mention, is_here in zip(mentions, here, strict=True) if is_here]
    return {
        **_of_mentions(MENTIONS, named),
        **_of_headlines(articles, named),
        **_of_length(texts),
        **_of_values("language", articles["language"].fillna("")),
        **_of_values("site", articles["url"].fillna("").map(_site)),
        **_of_values("topic", _topics(domain)[here]),
        **_of_images(domain, articles),
        **_of_values("planted", articles["planted"].fillna(""), fewest=1),
        **_of_tags(articles["article_id"], tags),
        **_of_columns(articles),
    }


def _of_mentions(what: str, mentions: Sequence[Mentions]) -> Slices:
    persons, places, organisations = (
        np.array([bool(getattr(mention, kind)) for mention in mentions], dtype=bool)
        for kind in ("persons", "places", "organisations")
    )
    found = {PERSON: persons, PLACE: places, ORGANISATION: organisations, NO_NAME: ~(persons | places | organisations)}
    return {what + kind: inside for kind, inside in found.items()}


def _of_headlines(articles: pd.DataFrame, mentions: Sequence[Mentions]) -> Slices:
    """Return no slices if articles have only a headline, or if the headlines name everything that the articles name."""
    headlines, other_text = english_or_original(articles, "title"), tags_of(articles) + articles["text"].fillna("")
    if (headlines == "").all() or (other_text == "").all():
        return {}
    named = [in_headline(mention, headline) for mention, headline in zip(mentions, headlines, strict=True)]
    return {} if named == list(mentions) else _of_mentions(HEADLINE, named)


def _of_length(texts: Sequence[str]) -> Slices:
    """Return thirds by number of words; if many texts are equally long, the thirds differ in size."""
    words = np.array([len(text.split()) for text in texts])
    low, high = (int(np.quantile(words, share)) for share in (1 / 3, 2 / 3))
    return {
        f"length: up to {low} words": words <= low,
        f"length: {low + 1} to {high} words": (words > low) & (words <= high),
        f"length: over {high} words": words > high,
    }


def _of_values(kind: str, column: pd.Series | np.ndarray, fewest: int = _FEWEST_OF_A_VALUE) -> Slices:
    """Return a slice for each value except the empty one, by name."""
    values = np.asarray(column, dtype=object)
    found = {f"{kind}: {value}": values == value for value in sorted({*values} - {""})}
    return {name: inside for name, inside in found.items() if inside.sum() >= fewest}


def _site(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def _topics(domain: Domain) -> np.ndarray:
    """Return the topics of all articles of the domain, because a split is too small; object [N]."""
    from core.analysis.topics import topics_of  # importing scikit-learn takes a second, and pages import this module

    return np.array(topics_of(texts_of(domain.articles)), dtype=object)


def _of_images(domain: Domain, articles: pd.DataFrame) -> Slices:
    files = [domain.images_root / file for file in articles["image_file"]]
    kinds = list(progress(_kinds(files), "Detecting kinds of images", len(files)))
    return {f"image: {kind}": np.array([found == kind for found in kinds], dtype=bool) for kind in IMAGE_KINDS}


def _kinds(files: Sequence[Path]) -> Iterator[ImageKind | None]:
    def kind(file: Path) -> ImageKind | None:
        try:
            return kind_of(open_image(file))
        except ImageError:  # deleted since the import: no kind, no slice
            return None

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:  # Pillow releases Python's lock
        yield from pool.map(kind, files)


def _of_tags(article_ids: pd.Series, tags: Mapping[str, Tagged]) -> Slices:
    by_article = [tags[article_id].tags if article_id in tags else () for article_id in article_ids]
    return {
        f"tagged: {tag}": np.array([tag in article_tags for article_tags in by_article], dtype=bool)
        for tag in sorted({tag for article_tags in by_article for tag in article_tags})
    }


def _of_columns(articles: pd.DataFrame) -> Slices:
    """Return slices of the additional columns of the import that have few values."""
    found: Slices = {}
    for name in articles.columns.difference(list(_NO_KIND)):
        values = articles[name].fillna("").astype(str)
        if 1 < values.nunique() <= _MOST_VALUES:
            found |= _of_values(str(name), values)
    return found
