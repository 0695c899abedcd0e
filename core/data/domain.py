"""A domain: the articles of one source, their images, and their split in time.

On disk it is a folder with ``domain.toml``, ``articles.parquet`` and, where the images were copied,
``images/``; otherwise the TOML points at the folder where they stayed. A test set comes as two lists that nobody has
paired: its images are in ``gallery-test.parquet``, and its articles have an empty `image_id` until the ground truth
is known.
"""

from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from core.data.image_ids import shared_ids
from core.data.query_text import Reading, queries
from core.data.staging import lock_domain
from core.data.time_split import Split
from core.errors import InputError
from core.storage.files import FileSignature, atomic_write, file_signature, fingerprint, read_record, write_toml

FORMAT = 1  # counts up when what domain.toml or its tables hold changes

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


#: What is known of an image: its id, its file (relative to the domain's `images_root`, or absolute), its content.
IMAGE_COLUMNS = ("image_id", "image_file", "image_hash")
_TEST_GALLERY = "gallery-test.parquet"


@dataclass(frozen=True)
class DomainInfo:
    """What ``domain.toml`` holds.

    images: the folder of the images, absolute or relative to the domain's folder.
    split_by: what the order in time was read from. synthetic: True for the demo, said wherever it is shown.
    columns: role → column of the source, where the user had to name it. options: others of `import` that were given.
    split_from: the table's own column that said the split, or "time".
    """

    slug: str
    title: str
    language: str
    images: str
    split_by: str
    synthetic: bool
    source: str
    created_at: str
    columns: dict[str, str] = field(default_factory=dict)  # domains from before it was kept do not say so
    options: list[str] = field(default_factory=list)
    split_from: str = "time"


@dataclass(frozen=True)
class Domain:
    """One domain in memory. articles: one row per article (COLUMNS), in the order of time, a test set's last.

    test_images: the images of a test set (IMAGE_COLUMNS, each id once); None where test is pairs, or not there.
    """

    info: DomainInfo
    folder: Path
    articles: pd.DataFrame
    test_pictures: pd.DataFrame | None = None

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

    def labelled(self, split: Split) -> pd.DataFrame:
        """The articles of one split whose own image is known: all of them but for a test set. May be empty."""
        articles = self.articles
        return articles[(articles["split"] == split) & (articles["image_id"] != "")]

    def pictures(self, split: Split | None = None) -> pd.DataFrame:
        """The images that are searched, of one split or of all: each once, in the columns of the article table.

        The columns of the first article that an image was published with; empty where none is known. The order does
        not depend on the ground truth of a test set.
        """
        articles = self.articles if split is None else self.articles[self.articles["split"] == split]
        if self.test_pictures is None:
            return articles[articles["image_id"] != ""].drop_duplicates("image_id")
        paired = articles[articles["split"] != "test"].drop_duplicates("image_id")
        if split not in (None, "test"):
            return paired
        published = self.labelled("test").drop_duplicates("image_id").drop(columns=["image_file", "image_hash"])
        listed = self.test_pictures.merge(published, on="image_id", how="left")[list(self.articles.columns)]
        texts = [str(name) for name in listed if name != "published_at"]
        listed[texts] = listed[texts].fillna("")
        # One id may be one image in the training set and another in the test set.
        return pd.concat([paired, listed], ignore_index=True).drop_duplicates(["image_id", "image_file"])

    def check_image_ids(self) -> None:
        """Raise InputError if one id stands with several files, as imports once let it: ranks would be of another's."""
        is_paired = self.articles["split"] != "test" if self.test_pictures is not None else slice(None)
        paired = self.articles[is_paired]
        shared = paired["image_id"][shared_ids(paired["image_id"], paired["image_file"])]
        if len(shared):
            raise InputError(
                f"domain {self.info.slug} has {shared.nunique()} image ids that stand with different files, such as "
                f"{shared.iloc[0]}, so articles would be judged by another's image. Import it again with --replace, "
                "which gives each file its own."
            )

    def gallery(self, split: Split | None = None) -> "Gallery":
        """`pictures`, and which is each article's own, for the articles of the split (or of the domain)."""
        articles = self.articles if split is None else self.articles[self.articles["split"] == split]
        return gallery_of(articles, self.pictures(split))


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
    """The images that a set of articles is searched in, each once.

    image_ids, files, hashes: [G]. target: int64 [N], each article's row in them, -1 if its image is not known.
    tie_order: int64 [G], a fixed order that has nothing to do with the articles (rank ties go by it).
    """

    image_ids: list[str]
    files: list[str]
    hashes: list[str]
    target: np.ndarray
    tie_order: np.ndarray


def gallery_of(articles: pd.DataFrame, pictures: pd.DataFrame) -> Gallery:
    """The gallery of `pictures` (IMAGE_COLUMNS) for `articles`; several articles may share one."""
    ids = pictures["image_id"].tolist()
    row_of = {image_id: row for row, image_id in reversed(list(enumerate(ids)))}  # of a repeated id the first counts
    target = np.array([row_of.get(image_id, -1) for image_id in articles["image_id"]], dtype=np.int64)
    return Gallery(ids, pictures["image_file"].tolist(), pictures["image_hash"].tolist(), target, tie_order(ids))


def tie_order(ids: list[str]) -> np.ndarray:
    """Return each id's place, int64 [G], when ids are sorted by a hash of themselves.

    Among equal scores the lower place ranks first, so a model that scores everything alike gets
    recall@1 = 1/G instead of 1 (DESIGN, decision 3).
    """
    keys = [fingerprint("tie", str(image_id)) for image_id in ids]
    return np.argsort(np.argsort(np.array(keys), kind="stable"), kind="stable").astype(np.int64)


def save_domain(domain: Domain) -> None:
    """Write the tables, then the TOML that makes it a domain."""
    with atomic_write(domain.folder / "articles.parquet") as temporary:
        domain.articles.to_parquet(temporary, index=False)
    if domain.test_pictures is not None:
        with atomic_write(domain.folder / _TEST_GALLERY) as temporary:
            domain.test_pictures.to_parquet(temporary, index=False)
    write_toml(domain.folder / "domain.toml", asdict(domain.info), FORMAT)


def save_changed(before: Domain, after: Domain) -> None:
    """Write `after`, made of `before`, unless the domain was changed meanwhile: then InputError, and it stays."""
    with lock_domain(before.folder):
        there = load_domain(before.folder)
        if there.info != before.info or not there.articles.equals(before.articles):
            raise InputError(
                f"domain '{before.info.slug}' was changed by another process meanwhile, so nothing was written; do the "
                f"same again."
            )
        save_domain(after)


def load_domain(folder: Path) -> Domain:
    """Read a domain. Raises InputError if there is none, it is of another version, or its table lacks a column."""
    while True:
        written = _written(folder)
        domain = _read_domain(folder)
        if _written(folder) == written:  # else another import took its place while it was read
            return domain


def _written(folder: Path) -> FileSignature | None:
    file = folder / "domain.toml"
    return file_signature(file) if file.exists() else None


def _read_domain(folder: Path) -> Domain:
    info = read_record(folder / "domain.toml", DomainInfo, f"domain '{folder.name}'", FORMAT, "Import it again.")
    try:
        articles = pd.read_parquet(folder / "articles.parquet")
        listed = folder / _TEST_GALLERY
        pictures = pd.read_parquet(listed, columns=list(IMAGE_COLUMNS)) if listed.exists() else None
    except (OSError, ValueError) as error:
        raise InputError(
            f"domain '{folder.name}' is damaged or of another version of Rematch ({error}). Import it again."
        ) from None
    missing = [column for column in COLUMNS if column not in articles]
    if missing:
        raise InputError(f"{folder / 'articles.parquet'} lacks {', '.join(missing)}. Import the domain again.")
    return Domain(info, folder, articles, pictures)
