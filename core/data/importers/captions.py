"""Several captions of one image: an article each, the first alone, or one article with all of them."""

from dataclasses import replace

import pandas as pd

from core.data.importers.options import Captions
from core.data.importers.source_table import SourceTable

_TEXTS = ("title", "text", "title_en", "text_en")
_COUNT = "captions"  # how many one cell held; gone when the choice is made


def with_captions(listing: SourceTable, captions: Captions) -> SourceTable:
    """Return the listing with one str per text cell: lists are spread over rows or joined, as `captions` says.

    With ``first`` and ``joined``, rows that name the same image become one row, the first of them. Articles that come
    of one list have its id with ``#0``, ``#1``, … behind it.
    """
    articles = listing.articles
    lists = articles[list(_TEXTS)].map(lambda cell: isinstance(cell, tuple)).any(axis=1)
    listed_in_cells = int(lists.sum())
    if listed_in_cells:
        articles = _spread(articles)
    key = _image_key(articles, listing.image_columns)
    rows, images = len(articles), key[key != ""].nunique()
    if captions != "all":
        articles = _one_each(articles, key, captions)
    several = key[key != ""].duplicated().any()
    if not several or not (listed_in_cells or captions != "all"):
        return replace(listing, articles=articles)
    what = {
        "all": "each caption is an article that shares its image; --captions first or joined makes one of them",
        "first": "the first caption of each image was taken (--captions first)",
        "joined": "the captions of each image were joined (--captions joined)",
    }[captions]
    note = f"captions: {rows} of {images} images were read; {what}."
    return replace(listing, articles=articles, notes=(*listing.notes, note))


def _spread(articles: pd.DataFrame) -> pd.DataFrame:
    """One row per caption. A cell that is no list stands in each of them."""
    counts = articles[list(_TEXTS)].map(lambda cell: len(cell) if isinstance(cell, tuple) else 1).max(axis=1)
    counts = counts.clip(lower=1)
    place = counts.map(range).explode().astype(int)
    spread = articles.loc[place.index].assign(**{_COUNT: counts.loc[place.index]})
    for name in _TEXTS:
        spread[name] = [
            cell if isinstance(cell, str) else cell[number] if number < len(cell) else ""
            for cell, number in zip(spread[name], place, strict=True)
        ]
    suffix = ("#" + place.astype(str)).where(spread[_COUNT] > 1, "")
    spread["article_id"] = (spread["article_id"] + suffix).where(spread["article_id"] != "", "")
    return spread.drop(columns=_COUNT).reset_index(drop=True)


def _image_key(articles: pd.DataFrame, image_columns: tuple[str, ...]) -> pd.Series:
    """What each row calls its image: the first of its image columns that is filled."""
    return articles[list(image_columns)].map(str.strip).replace("", None).bfill(axis=1).iloc[:, 0].fillna("")


def _one_each(articles: pd.DataFrame, key: pd.Series, captions: Captions) -> pd.DataFrame:
    """The first row of each image; rows that name none stay."""
    again = key.duplicated() & (key != "")
    kept = articles[~again].copy()
    kept["article_id"] = kept["article_id"].str.replace(r"#0\Z", "", regex=True)
    if captions == "joined":
        for name in _TEXTS:
            joined = articles.groupby(key)[name].agg(lambda cells: " ".join(dict.fromkeys(filter(None, cells))))
            kept[name] = kept[name].where(key[~again] == "", key[~again].map(joined))
    return kept.reset_index(drop=True)
