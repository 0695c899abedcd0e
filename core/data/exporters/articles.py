"""Data of an export: the articles whose image is known, their columns and their images."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from core.data.domain import COLUMNS, Domain, query_texts
from core.data.exporters.images import ExportImage, find_images
from core.data.query_text import Reading
from core.data.time_split import SPLITS, Split
from core.errors import InputError

#: Columns of every export, filled or not, under names that an import knows; each format names the image in its own way.
FIRST = (
    "article_id", "title", "text", "title_en", "text_en", "language", "published_at", "url", "image_id", "split",
)  # fmt: skip
DATE = "published_at"
#: Not exported under these names: the image is exported as a file, and its hash is redundant.
_OWN = {"image", "image_file", "image_hash"}

Record = dict[str, str | int | float | bool]


@dataclass(frozen=True)
class Export:
    """The data of an export. rows: [N] in order of time, FIRST and further columns; text, numbers, or DATE in UTC.

    captions: the query text of each article, [N]; images: of each article, [N]. notes: sentences for the user.
    """

    rows: pd.DataFrame
    captions: list[str]
    images: list[ExportImage]
    notes: tuple[str, ...]

    def splits(self) -> dict[Split, list[int]]:
        """Return split → its rows, in order, without empty splits."""
        where = {split: (self.rows["split"] == split).to_numpy().nonzero()[0].tolist() for split in SPLITS}
        return {split: rows for split, rows in where.items() if rows}

    def records(self, rows: Sequence[int]) -> Iterator[Record]:
        """Yield plain values for JSON, article by article: dates in ISO 8601, no keys for missing values."""
        for values in self.rows.iloc[list(rows)].to_dict("records"):
            yield {str(name): _plain(value) for name, value in values.items() if not pd.isna(value)}


def _plain(value: Any) -> str | int | float | bool:
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    plain: str | int | float | bool = value.item() if hasattr(value, "item") else value
    return plain


def to_json(record: Record) -> bytes:
    """Return a record as JSON in UTF-8."""
    return json.dumps(record, ensure_ascii=False, allow_nan=False).encode()


def export_of(domain: Domain, splits: Sequence[Split], added: pd.DataFrame) -> Export:
    """Collect the articles of the splits, their columns and images.

    added: further columns by article id (ranks, tags); they replace the domain's columns of the same names. Raises
    InputError: no article with a known image in these splits, or missing image files.
    """
    chosen = domain.articles[domain.articles["split"].isin(splits)]
    articles = chosen[chosen["image_id"] != ""].reset_index(drop=True)
    if articles.empty:
        raise InputError(
            f"domain '{domain.info.slug}' has no articles with a known image in {', '.join(splits)}; choose other "
            "splits."
        )
    rows = pd.DataFrame({name: _texts(articles[name]) for name in FIRST if name != DATE})
    rows.insert(FIRST.index(DATE), DATE, pd.to_datetime(articles[DATE], utc=True).astype("datetime64[us, UTC]"))
    for name in articles.columns.difference([*COLUMNS, *_OWN, *added], sort=False).union(["planted"], sort=False):
        if (cells := _texts(articles[name])).any():
            rows[str(name)] = cells
    for column in added:
        rows[str(column)] = added[column].reindex(articles["article_id"]).array
    captions = query_texts(articles, Reading(), english=False)
    images = find_images(articles, domain.images_root, domain.info.slug)
    return Export(rows, captions, images, tuple(_notes(domain, chosen, articles)))


def _texts(column: pd.Series) -> pd.Series:
    return column.astype(object).where(column.notna(), "").map(str)


def _notes(domain: Domain, chosen: pd.DataFrame, articles: pd.DataFrame) -> Iterator[str]:
    if unpaired := len(chosen) - len(articles):
        yield f"left out: {unpaired:,} test articles without ground truth."
    if domain.test_images is not None and "test" in set(chosen["split"]):
        spare = len(set(domain.test_images["image_id"]) - set(articles.loc[articles["split"] == "test", "image_id"]))
        if spare:
            yield f"left out: {spare:,} images of the test set that belong to no article in the ground truth."
