"""A domain: the articles of one source, their pictures, and their split in time.

On disk it is a folder with ``domain.toml``, ``articles.parquet`` and, where the pictures were copied,
``images/``; otherwise the TOML points at the folder where they stayed.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from core.data.reading import Reading, queries
from core.data.splitting import Split
from core.errors import InputError
from core.files import fingerprint, read_toml, replacing, write_toml

#: Columns every article table has; others of the import follow under their own names.
COLUMNS = (
    "article_id", "title", "text", "title_en", "text_en", "language", "published_at", "url",
    "image_id", "image_file", "image_hash", "split", "planted",
)  # fmt: skip
ENGLISH = "en"
#: A column where `translate` ran: the model that wrote the English version, "" where it came with the data or is none.
TRANSLATOR = "english_by"
#: A column of releases whose text is nothing but entity tags: the tags as they came.
TAGS = "article_tags"


@dataclass(frozen=True)
class DomainInfo:
    """What ``domain.toml`` holds.

    images: the folder of the pictures, absolute or relative to the domain's folder.
    split_by: what the order in time was read from. synthetic: True for the demo, said wherever it is shown.
    """

    slug: str
    title: str
    language: str
    images: str
    split_by: str
    synthetic: bool
    source: str
    created_at: str


@dataclass(frozen=True)
class Domain:
    """One domain in memory. articles: one row per article (COLUMNS), in the order of time."""

    info: DomainInfo
    folder: Path
    articles: pd.DataFrame

    @property
    def images_root(self) -> Path:
        """The folder that `image_file` is relative to."""
        return self.folder / self.info.images

    @property
    def has_english(self) -> bool:
        """True if every article in the domain's language is English or has an English title or text beside it."""
        articles = self.articles[self.articles["language"] == self.info.language]
        return self.info.language == ENGLISH or bool(len(articles) and translated(articles).all())

    @property
    def translated_by(self) -> list[str]:
        """The models that wrote English versions here; none where all came with the data."""
        return sorted(set(self.articles[TRANSLATOR]) - {""}) if TRANSLATOR in self.articles else []

    def subset(self, split: Split) -> pd.DataFrame:
        """The articles of one split in the order of time, under their row numbers in the whole table.

        Raises InputError if there are none.
        """
        rows = self.articles[self.articles["split"] == split]
        if rows.empty:
            raise InputError(f"domain {self.info.slug} has no {split} articles.")
        return rows


def translated(articles: pd.DataFrame) -> pd.Series:
    """Which articles have an English title or text beside the original, bool [N]."""
    return (articles["title_en"].fillna("") + articles["text_en"].fillna("")).str.strip() != ""


def query_texts(articles: pd.DataFrame, reading: Reading, english: bool) -> list[str]:
    """The query of each article; with `english` from its English version, where it has one."""
    title, text = articles["title"].fillna(""), articles["text"].fillna("")
    if TAGS in articles and reading.entity_tags == "drop":
        text = text.where(articles[TAGS].fillna("") == "", "")
    languages = articles["language"]
    if english:
        has = translated(articles)
        title = title.where(~has, articles["title_en"].fillna(""))
        text = text.where(~has, articles["text_en"].fillna(""))
        languages = languages.where(~has, ENGLISH)
    return queries(title, text, languages, reading)


@dataclass(frozen=True)
class Gallery:
    """The pictures of a set of articles, each once.

    image_ids, files: [G], in the order of first use. target: int64 [N], each article's row in them.
    tie_order: int64 [G], a fixed order that has nothing to do with the articles (rank ties go by it).
    """

    image_ids: list[str]
    files: list[str]
    target: np.ndarray
    tie_order: np.ndarray


def gallery_of(articles: pd.DataFrame) -> Gallery:
    """Collect the distinct pictures of `articles`; several articles may share one."""
    target, ids = pd.factorize(articles["image_id"])
    first = articles.drop_duplicates("image_id")
    return Gallery(list(ids), list(first["image_file"]), target.astype(np.int64), tie_order(ids))


def tie_order(ids: "pd.Index | list[str]") -> np.ndarray:
    """Return each id's place, int64 [G], when ids are sorted by a hash of themselves.

    Among equal scores the lower place ranks first, so a model that scores everything alike gets
    recall@1 = 1/G instead of 1 (DESIGN, decision 3).
    """
    keys = [fingerprint("tie", str(image_id)) for image_id in ids]
    return np.argsort(np.argsort(np.array(keys), kind="stable"), kind="stable").astype(np.int64)


def save_domain(domain: Domain) -> None:
    """Write the article table, then the TOML that makes it a domain."""
    with replacing(domain.folder / "articles.parquet") as temporary:
        domain.articles.to_parquet(temporary, index=False)
    write_toml(domain.folder / "domain.toml", asdict(domain.info))


def load_domain(folder: Path) -> Domain:
    """Read a domain. Raises InputError if there is none, or if the table lacks a column."""
    table = read_toml(folder / "domain.toml", f"domain '{folder.name}'")
    try:
        info = DomainInfo(**table)
        articles = pd.read_parquet(folder / "articles.parquet")
    except (TypeError, OSError, ValueError) as error:
        raise InputError(f"domain '{folder.name}' is damaged ({error}). Import it again.") from None
    missing = [column for column in COLUMNS if column not in articles]
    if missing:
        raise InputError(f"{folder / 'articles.parquet'} lacks {', '.join(missing)}. Import the domain again.")
    return Domain(info, folder, articles)
