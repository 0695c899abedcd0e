"""The audit of an import: the facts that show whether its pairs and its split are right.

The import writes it into the folder of the domain; `import`, the report and the Data page show it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from core.data.time_split import SPLITS
from core.errors import shortened
from core.storage.files import read_record, write_toml

FORMAT = 1  # increase it when the content of the file changes
PAIRS = 12  # examples shown to the user: fills rows of 2, 3, 4 and 6
_FILE = "import-audit.toml"
_EXAMPLES = 3


@dataclass(frozen=True)
class FallBackUse:
    """A fall-back that paired rows with files. rows: their number; examples: name in the table, and file."""

    how: str
    rows: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class SplitSpan:
    """A split: number of articles, and days of the first and last one, "" without dates."""

    split: str
    articles: int
    first: str
    last: str


@dataclass(frozen=True)
class Pair:
    """An article and its image, as an example. named: the image's name in the table; file: the file that matched it."""

    article_id: str
    text: str
    named: str
    file: str


@dataclass(frozen=True)
class Shared:
    """Overlap of train and val. images: of `val_images`; texts: articles of val, of `val_articles`."""

    images: int
    val_images: int
    texts: int
    val_articles: int


@dataclass(frozen=True)
class ImportAudit:
    """The result of auditing an import.

    rows: read from `lines` of the source. used_once, used_twice, used_more: number of images with one, two or more
    articles; most_used: articles of the most used image. split_from: the table's column, or "time". split_groups: what
    a split in time does not separate; moved: articles that changed sides because of that. several_images: rows that
    name more than one image, of which the first is used.
    """

    rows: int
    lines: int
    used_once: int
    used_twice: int
    used_more: int
    most_used: int
    fall_backs: tuple[FallBackUse, ...]
    pairs: tuple[Pair, ...]
    spans: tuple[SplitSpan, ...]
    shared: Shared
    split_from: str
    split_groups: str
    moved: int
    several_images: int = 0


def usage(files: pd.Series) -> tuple[int, int, int, int]:
    """Return the number of images with one, two and more articles, and the articles of the most used image."""
    counts = files.value_counts()
    return int((counts == 1).sum()), int((counts == 2).sum()), int((counts > 2).sum()), int(counts.max())


def fall_back_uses(how: Iterable[str | None], named: Iterable[str], files: Iterable[str]) -> tuple[FallBackUse, ...]:
    """Return the fall-backs with their rows, the most used first."""
    examples: dict[str, list[str]] = {}
    counts = Counter[str]()
    for fall_back, name, file in zip(how, named, files, strict=True):
        if fall_back is None:
            continue
        counts[fall_back] += 1
        shown = examples.setdefault(fall_back, [])
        example = f"{shortened(name)} as {shortened(file)}"
        if len(shown) < _EXAMPLES and example not in shown:
            shown.append(example)
    return tuple(FallBackUse(name, count, tuple(examples[name])) for name, count in counts.most_common())


def merged_uses(uses: Iterable[FallBackUse]) -> tuple[FallBackUse, ...]:
    """Return the uses of several lists, merged by fall-back."""
    merged: dict[str, FallBackUse] = {}
    for use in uses:
        before = merged.get(use.how, FallBackUse(use.how, 0, ()))
        merged[use.how] = FallBackUse(use.how, before.rows + use.rows, (before.examples + use.examples)[:_EXAMPLES])
    return tuple(sorted(merged.values(), key=lambda use: -use.rows))


def sample_pairs(articles: pd.DataFrame, named: Sequence[str]) -> tuple[Pair, ...]:
    """Return PAIRS articles with their images, evenly spaced in time."""
    rows = np.unique(np.linspace(0, len(articles) - 1, min(PAIRS, len(articles))).round().astype(int))
    return tuple(
        Pair(row["article_id"], shortened(row["title"] or row["text"]), shortened(named[place]), row["image_file"])
        for place, row in zip(rows, articles.iloc[rows].to_dict("records"), strict=True)
    )


def split_spans(articles: pd.DataFrame) -> tuple[SplitSpan, ...]:
    """Return the splits that have articles, with their first and last day."""
    spans = []
    for split in SPLITS:
        dates = articles.loc[articles["split"] == split, "published_at"]
        days = dates.dropna()
        first, last = (f"{days.min():%Y-%m-%d}", f"{days.max():%Y-%m-%d}") if len(days) else ("", "")
        if len(dates):
            spans.append(SplitSpan(split, len(dates), first, last))
    return tuple(spans)


def shared_between_splits(articles: pd.DataFrame) -> Shared:
    """Return the overlap of train and val: images with the same bytes, texts with the same words."""
    train, val = (articles[articles["split"] == split] for split in ("train", "val"))
    images = set(val["image_hash"])
    known = set(_words(train))
    return Shared(
        len(images & set(train["image_hash"])),
        len(images),
        sum(words in known for words in _words(val) if words),
        len(val),
    )


def _words(articles: pd.DataFrame) -> list[str]:
    """Return the letters and digits of each article; case, spaces, punctuation and URLs do not count."""
    texts = (articles["title"] + " " + articles["text"]).str.lower()
    return texts.str.replace(r"https?://\S+|[\W_]+", "", regex=True).tolist()


def save_audit(audit: ImportAudit, folder: Path) -> None:
    """Write the audit into the folder of the domain."""
    write_toml(folder / _FILE, asdict(audit), FORMAT)


def load_audit(folder: Path) -> ImportAudit | None:
    """Return the audit of the domain in `folder`; None for the demo and for imports older than audits.

    Raises InputError if it is damaged or has another format version.
    """
    path = folder / _FILE
    if not path.exists():
        return None
    return read_record(path, ImportAudit, "audit of the import", FORMAT, "Import the domain again.")
