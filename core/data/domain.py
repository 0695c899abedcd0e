"""A domain: the articles of one source, their images, and their split in time.

On disk it is a folder with ``domain.toml``, ``articles.parquet`` and, where the images were copied,
``images/``; otherwise the TOML names the folder that still holds them. A test set comes as two lists without ground
truth: its images are in ``gallery-test.parquet``, and its articles have an empty `image_id` until the ground truth is
imported.
"""

from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from core.data.image_ids import shared_ids
from core.data.query_text import Reading, queries
from core.data.staging import lock_domain
from core.data.time_split import Split
from core.errors import InputError
from core.storage.files import FileSignature, atomic_write, file_signature, fingerprint, read_record, write_toml

FORMAT = 1  # increase it when the content of domain.toml or its tables changes

#: Columns of every article table; other columns of the source follow under their own names.
COLUMNS = (
    "article_id", "title", "text", "title_en", "text_en", "language", "published_at", "url",
    "image_id", "image_file", "image_hash", "split", "planted",
)  # fmt: skip
ENGLISH = "en"
#: A column that `translate` adds: the model that wrote the English version, "" if it came with the data or is missing.
TRANSLATOR = "english_by"
#: A column of releases whose text consists of entity tags only: the original tags.
TAGS = "article_tags"


#: Columns of an image table: id, file (relative to the domain's `images_root`, or absolute), hash of the content.
IMAGE_COLUMNS = ("image_id", "image_file", "image_hash")
_TEST_GALLERY = "gallery-test.parquet"


@dataclass(frozen=True)
class DomainInfo:
    """The content of ``domain.toml``.

    images: the folder of the images, absolute or relative to the domain's folder.
    split_by: the source of the order in time. synthetic: True for the demo, which every page and report states.
    columns: role → column of the source, if the user named it. options: other options given to `import`.
    split_from: the table's column with the split, or "time".
    """

    slug: str
    title: str
    language: str
    images: str
    split_by: str
    synthetic: bool
    source: str
    created_at: str
    columns: dict[str, str] = field(default_factory=dict)  # older domains did not store it
    options: list[str] = field(default_factory=list)
    split_from: str = "time"


@dataclass(frozen=True)
class Domain:
    """A domain in memory. articles: one row per article (COLUMNS), ordered by time, those of a test set last.

    test_images: the images of a test set (IMAGE_COLUMNS, each id once); None if test consists of pairs or is empty.
    """

    info: DomainInfo
    folder: Path
    articles: pd.DataFrame
    test_images: pd.DataFrame | None = None

    @property
    def images_root(self) -> Path:
        """The folder that `image_file` is relative to."""
        return self.folder / self.info.images

    @property
    def has_english(self) -> bool:
        """Return True if every article in the domain's language is English or has an English version."""
        articles = self.articles[self.articles["language"] == self.info.language]
        return self.info.language == ENGLISH or bool(len(articles) and translated(articles).all())

    @property
    def translated_by(self) -> list[str]:
        """Models that wrote English versions of this domain; empty if all came with the data."""
        return sorted(set(self.articles[TRANSLATOR]) - {""}) if TRANSLATOR in self.articles else []

    @cached_property
    def rows_by_id(self) -> dict[str, int]:
        """Row of each article in the table, by its id."""
        return {article_id: row for row, article_id in enumerate(self.articles["article_id"])}

    def queries(self, reading: Reading, english: bool) -> list[str]:
        """Return `query_texts` of the articles; computed once, because cleaning 5,000 texts takes half a second."""
        if (reading, english) not in self._queries:
            self._queries[reading, english] = query_texts(self.articles, reading, english)
        return self._queries[reading, english]

    @cached_property
    def _queries(self) -> dict[tuple[Reading, bool], list[str]]:
        return {}

    def subset(self, split: Split) -> pd.DataFrame:
        """Return the articles of one split, ordered by time, indexed by their row numbers in the whole table.

        Raises InputError if the split is empty.
        """
        rows = self.articles[self.articles["split"] == split]
        if rows.empty:
            raise InputError(f"domain '{self.info.slug}' has no {split} articles; choose another split.")
        return rows

    def labelled(self, split: Split) -> pd.DataFrame:
        """Return the articles of one split with a known image: all articles, except in a test set. May be empty."""
        articles = self.articles
        return articles[(articles["split"] == split) & (articles["image_id"] != "")]

    def image_table(self, split: Split | None = None) -> pd.DataFrame:
        """Return the images of the gallery, of one split or of all splits: one row each, columns of the article table.

        A row describes the first article published with the image; it is empty if none is known. The order does not
        depend on the ground truth of a test set.
        """
        articles = self.articles if split is None else self.articles[self.articles["split"] == split]
        if self.test_images is None:
            return articles[articles["image_id"] != ""].drop_duplicates("image_id")
        paired = articles[articles["split"] != "test"].drop_duplicates("image_id")
        if split not in (None, "test"):
            return paired
        published = self.labelled("test").drop_duplicates("image_id").drop(columns=["image_file", "image_hash"])
        listed = self.test_images.merge(published, on="image_id", how="left")[list(self.articles.columns)]
        texts = [str(name) for name in listed if name != "published_at"]
        listed[texts] = listed[texts].fillna("")
        # One id may be one image in the training set and another in the test set.
        return pd.concat([paired, listed], ignore_index=True).drop_duplicates(["image_id", "image_file"])

    def check_image_ids(self) -> None:
        """Raise InputError if several files share an image id, as older imports allowed; ranks would be wrong."""
        is_paired = self.articles["split"] != "test" if self.test_images is not None else slice(None)
        paired = self.articles[is_paired]
        shared = paired["image_id"][shared_ids(paired["image_id"], paired["image_file"])]
        if len(shared):
            raise InputError(
                f"domain '{self.info.slug}' has {shared.nunique()} image ids that belong to several files, such as "
                f"{shared.iloc[0]}, so some articles would be evaluated with a wrong image. Import the domain again "
                "with --replace, which gives each file an id."
            )

    def gallery(self, split: Split | None = None) -> "Gallery":
        """Return the gallery for the articles of the split, or of the whole domain."""
        articles = self.articles if split is None else self.articles[self.articles["split"] == split]
        return gallery_of(articles, self.image_table(split))


def translated(articles: pd.DataFrame) -> pd.Series:
    """Return which articles have an English title or text in addition to the original, bool [N]."""
    return (articles["title_en"].fillna("") + articles["text_en"].fillna("")).str.strip() != ""


def query_texts(articles: pd.DataFrame, reading: Reading, english: bool) -> list[str]:
    """Return the query text of each article; with `english`, from its English version if it has one."""
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
    """The images searched for a set of articles, each once.

    image_ids, files, hashes: [G]. target: int64 [N], the row of each article's image, -1 if it is not known.
    tie_order: int64 [G], a fixed order, independent of the articles, that breaks ties between equal scores.
    """

    image_ids: list[str]
    files: list[str]
    hashes: list[str]
    target: np.ndarray
    tie_order: np.ndarray


def gallery_of(articles: pd.DataFrame, images: pd.DataFrame) -> Gallery:
    """Return the gallery of `images` (IMAGE_COLUMNS) for `articles`; several articles may share an image."""
    ids = images["image_id"].tolist()
    row_of = {image_id: row for row, image_id in reversed(list(enumerate(ids)))}  # of a repeated id the first counts
    target = np.array([row_of.get(image_id, -1) for image_id in articles["image_id"]], dtype=np.int64)
    return Gallery(ids, images["image_file"].tolist(), images["image_hash"].tolist(), target, tie_order(ids))


def tie_order(ids: list[str]) -> np.ndarray:
    """Return each id's position, int64 [G], when the ids are sorted by their hash.

    Among equal scores the lower position ranks first. A model that gives all images the same score therefore gets
    recall@1 = 1/G instead of 1.
    """
    keys = [fingerprint("tie", str(image_id)) for image_id in ids]
    return np.argsort(np.argsort(np.array(keys), kind="stable"), kind="stable").astype(np.int64)


def save_domain(domain: Domain) -> None:
    """Write the tables, then ``domain.toml``, whose presence makes the folder a domain."""
    with atomic_write(domain.folder / "articles.parquet") as temporary:
        domain.articles.to_parquet(temporary, index=False)
    if domain.test_images is not None:
        with atomic_write(domain.folder / _TEST_GALLERY) as temporary:
            domain.test_images.to_parquet(temporary, index=False)
    write_toml(domain.folder / "domain.toml", asdict(domain.info), FORMAT)


def save_changed(before: Domain, after: Domain) -> None:
    """Write `after`, derived from `before`. Raises InputError if another process changed the domain meanwhile."""
    with lock_domain(before.folder):
        stored = load_domain(before.folder)
        if stored.info != before.info or not stored.articles.equals(before.articles):
            raise InputError(
                f"another process changed domain '{before.info.slug}' meanwhile, so nothing was written. Try again."
            )
        save_domain(after)


def load_domain(folder: Path) -> Domain:
    """Read a domain. Raises InputError: it is missing, has another format version, or lacks a column."""
    while True:
        written = _written(folder)
        domain = _read_domain(folder)
        if _written(folder) == written:  # else another import replaced it during reading
            return domain


def _written(folder: Path) -> FileSignature | None:
    file = folder / "domain.toml"
    return file_signature(file) if file.exists() else None


def _read_domain(folder: Path) -> Domain:
    info = read_record(folder / "domain.toml", DomainInfo, f"domain '{folder.name}'", FORMAT, "Import it again.")
    try:
        articles = pd.read_parquet(folder / "articles.parquet")
        gallery = folder / _TEST_GALLERY
        test_images = pd.read_parquet(gallery, columns=list(IMAGE_COLUMNS)) if gallery.exists() else None
    except (OSError, ValueError) as error:
        raise InputError(
            f"domain '{folder.name}' is damaged or was written by another version of Rematch ({error}). "
            "Import it again."
        ) from None
    missing = [column for column in COLUMNS if column not in articles]
    if missing:
        raise InputError(f"{folder / 'articles.parquet'} lacks {', '.join(missing)}. Import the domain again.")
    return Domain(info, folder, articles, test_images)
