"""Images with several captions: one article per caption, only the first, or one article with all captions."""

from dataclasses import replace

import pandas as pd

from core.data.importers.options import Captions
from core.data.importers.source_table import SourceTable

_TEXTS = ("title", "text", "title_en", "text_en")
_COUNT = "captions"  # temporary column: number of captions in the cell


def with_captions(listing: SourceTable, captions: Captions) -> SourceTable:
    """Return the listing with one str per text cell: lists are spread over rows or joined, according to `captions`.

    With ``first`` and ``joined``, rows that name the same image become one row, the first of them. Articles from one
    list get its id followed by ``#0``, ``#1``, ….
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
        "all": "each caption is an article that shares its image; use --captions first or joined for one per image",
        "first": "only the first caption of each image was used (--captions first)",
        "joined": "the captions of each image were joined (--captions joined)",
    }[captions]
    note = f"captions: {rows} of {images} images were read; {what}."
    return replace(listing, articles=articles, notes=(*listing.notes, note))


def _spread(articles: pd.DataFrame) -> pd.DataFrame:
    """Return one row per caption. A cell that is not a list is repeated in each row."""
    counts = articles[list(_TEXTS)].map(lambda cell: len(cell) if isinstance(cell, tuple) else 1).max(axis=1)
    counts = counts.clip(lower=1)
    number = counts.map(range).explode().astype(int)
    spread = articles.loc[number.index].assign(**{_COUNT: counts.loc[number.index]})
    for name in _TEXTS:
        spread[name] = [
            cell if isinstance(cell, str) else cell[index] if index < len(cell) else ""
            for cell, index in zip(spread[name], number, strict=True)
        ]
    suffix = ("#" + number.astype(str)).where(spread[_COUNT] > 1, "")
    spread["article_id"] = (spread["article_id"] + suffix).where(spread["article_id"] != "", "")
    return spread.drop(columns=_COUNT).reset_index(drop=True)


def _image_key(articles: pd.DataFrame, image_columns: tuple[str, ...]) -> pd.Series:
    """Return each row's name of its image: the first of its image columns that is filled."""
    return articles[list(image_columns)].map(str.strip).replace("", None).bfill(axis=1).iloc[:, 0].fillna("")


def _one_each(articles: pd.DataFrame, key: pd.Series, captions: Captions) -> pd.DataFrame:
    """Return the first row of each image, and all rows without an image name."""
    again = key.duplicated() & (key != "")
    first = articles[~again].copy()
    first["article_id"] = first["article_id"].str.replace(r"#0\Z", "", regex=True)
    if captions == "joined":
        for name in _TEXTS:
            joined = articles.groupby(key)[name].agg(lambda cells: " ".join(dict.fromkeys(filter(None, cells))))
            first[name] = first[name].where(key[~again] == "", key[~again].map(joined))
    return first.reset_index(drop=True)
