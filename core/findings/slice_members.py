"""Slices of a split: which articles have something in common, by what is known of their texts, images and tags.

Each slice has a name, which is also its name in an address (`?slice=mentions a person`).
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
#: What the paper calls scenes, as far as words can tell: nobody and nothing is named.
NO_NAME = "no name"
#: Of the whole text and its tags; of the headline alone, where there is more than that: what the news is about.
MENTIONS, HEADLINE = "mentions ", "headline names "
#: Columns of an import with more different values than these tell single articles apart, not kinds.
_MOST_VALUES = 20
#: A site, topic or language of fewer articles is not looked at: each slice more makes the test of all others harder.
_FEWEST_OF_A_VALUE = 10
_NO_KIND = frozenset((*COLUMNS, TAGS, TRANSLATOR, STATED, "image_url"))

Slices = dict[str, np.ndarray]


def slices_of(domain: Domain, split: Split, mentions: Sequence[Mentions], tags: Mapping[str, Tagged]) -> Slices:
    """Slice → which articles of `Domain.labelled(split)` are in it, bool [N]; of any size, in a fixed order.

    mentions: of every article of the domain, in order. tags: the analyst's, by article id.
    """
    articles = domain.labelled(split)
    here = domain.articles.index.isin(articles.index)
    texts = [text for text, is_here in zip(texts_of(domain.articles), here, strict=True) if is_here]
    named = [one for one, is_here in zip(mentions, here, strict=True) if is_here]
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
        np.array([bool(getattr(one, kind)) for one in mentions], dtype=bool)
        for kind in ("persons", "places", "organisations")
    )
    found = {PERSON: persons, PLACE: places, ORGANISATION: organisations, NO_NAME: ~(persons | places | organisations)}
    return {what + kind: inside for kind, inside in found.items()}


def _of_headlines(articles: pd.DataFrame, mentions: Sequence[Mentions]) -> Slices:
    """None where the headline is all there is, or names all that the article does."""
    headlines, beside = english_or_original(articles, "title"), tags_of(articles) + articles["text"].fillna("")
    if (headlines == "").all() or (beside == "").all():
        return {}
    named = [in_headline(one, headline) for one, headline in zip(mentions, headlines, strict=True)]
    return {} if named == list(mentions) else _of_mentions(HEADLINE, named)


def _of_length(texts: Sequence[str]) -> Slices:
    """Thirds by number of words. Where many are equally long the thirds differ in size."""
    words = np.array([len(text.split()) for text in texts])
    low, high = (int(np.quantile(words, share)) for share in (1 / 3, 2 / 3))
    return {
        f"length: up to {low} words": words <= low,
        f"length: {low + 1} to {high} words": (words > low) & (words <= high),
        f"length: over {high} words": words > high,
    }


def _of_values(kind: str, column: pd.Series | np.ndarray, fewest: int = _FEWEST_OF_A_VALUE) -> Slices:
    """One slice for each value but the empty one, by name."""
    values = np.asarray(column, dtype=object)
    found = {f"{kind}: {value}": values == value for value in sorted({*values} - {""})}
    return {name: inside for name, inside in found.items() if inside.sum() >= fewest}


def _site(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def _topics(domain: Domain) -> np.ndarray:
    """Of all articles, since a split alone is few; object [N]."""
    from core.analysis.topics import topics_of  # scikit-learn takes a second, and pages import this module

    return np.array(topics_of(texts_of(domain.articles)), dtype=object)


def _of_images(domain: Domain, articles: pd.DataFrame) -> Slices:
    files = [domain.images_root / file for file in articles["image_file"]]
    kinds = list(progress(_kinds(files), "Looking at images", len(files)))
    return {f"image: {kind}": np.array([each == kind for each in kinds], dtype=bool) for kind in IMAGE_KINDS}


def _kinds(files: Sequence[Path]) -> Iterator[ImageKind | None]:
    def kind(file: Path) -> ImageKind | None:
        try:
            return kind_of(open_image(file))
        except ImageError:  # gone since the import: of no kind, and of no slice
            return None

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:  # Pillow lets go of Python's lock
        yield from pool.map(kind, files)


def _of_tags(article_ids: pd.Series, tags: Mapping[str, Tagged]) -> Slices:
    own = [tags[each].tags if each in tags else () for each in article_ids]
    return {
        f"tagged: {tag}": np.array([tag in each for each in own], dtype=bool)
        for tag in sorted({tag for each in own for tag in each})
    }


def _of_columns(articles: pd.DataFrame) -> Slices:
    """The import's own columns whose values are few."""
    found: Slices = {}
    for name in articles.columns.difference(list(_NO_KIND)):
        values = articles[name].fillna("").astype(str)
        if 1 < values.nunique() <= _MOST_VALUES:
            found |= _of_values(str(name), values)
    return found
