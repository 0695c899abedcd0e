"""What every importer hands on: the articles as listed, before anyone has looked at a picture."""

from dataclasses import dataclass, fields
from pathlib import Path

import pandas as pd


@dataclass(frozen=True)
class ColumnNames:
    """Which column of a table holds what, where the user says so; None: look for a usual name."""

    id: str | None = None
    title: str | None = None
    text: str | None = None
    title_en: str | None = None
    text_en: str | None = None
    image: str | None = None
    language: str | None = None
    date: str | None = None
    url: str | None = None

    def given(self) -> dict[str, str]:
        """The ones the user named, as role → column."""
        return {field.name: name for field in fields(self) if (name := getattr(self, field.name)) is not None}


@dataclass(frozen=True)
class Listing:
    """Articles as a file lists them, one row each, nothing left out yet.

    articles: str columns article_id, title, text, title_en, text_en, language, published_at, url, image
    (the name a picture is looked for by), `line` (int, of the file), and the file's other columns as they are.
    Missing cells are "". images: where the pictures are looked for if the user does not say.
    """

    format: str
    articles: pd.DataFrame
    images: Path
    source: Path


LISTING_COLUMNS = (
    "article_id", "title", "text", "title_en", "text_en", "language", "published_at", "url", "image", "line",
)  # fmt: skip
