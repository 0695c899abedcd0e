"""The audit of an import: what a reader needs to trust its pairs and its split, or to see that they are wrong.

It is written beside the domain, and shown by `import`, in the report and on the Data page.
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

FORMAT = 1  # counts up when what the file holds changes
PAIRS = 12  # shown to be looked at: fills rows of 2, 3, 4 and 6
_FILE = "import-audit.toml"
_EXAMPLES = 3


@dataclass(frozen=True)
class FallBackUse:
    """A fall-back that rows were paired by. rows: how many; examples: what was named, and the file."""

    how: str
    rows: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class SplitSpan:
    """One split: its articles, and the days of its first and last one, "" without dates."""

    split: str
    articles: int
    first: str
    last: str


@dataclass(frozen=True)
class Pair:
    """An article and its image, to be looked at. named: what the table says; file: what that was found as."""

    article_id: str
    text: str
    named: str
    file: str


@dataclass(frozen=True)
class Shared:
    """What stands in train and val alike. images: of `val_images`; texts: articles of val, of `val_articles`."""

    images: int
    val_images: int
    texts: int
    val_articles: int


@dataclass(frozen=True)
class ImportAudit:
    """What was found out about an import.

    rows: read, from `lines` of the source. used_once, used_twice, used_more: images by the articles that they have;
    most_used: articles of the image that has most. split_from: the table's own column, or "time". split_groups: what
    is kept on one side of a split in time; moved: articles that are on the other side because of that.
    several_images: rows that name more than one image, of which the first was taken.
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
    """Return how many images have one article, two, more, and how many articles the one with most has."""
    counts = files.value_counts()
    return int((counts == 1).sum()), int((counts == 2).sum()), int((counts > 2).sum()), int(counts.max())


def fall_back_uses(how: Iterable[str | None], named: Iterable[str], files: Iterable[str]) -> tuple[FallBackUse, ...]:
    """Return each fall-back with its rows, the most used first."""
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
    """Return the uses of several lists as those of one."""
    merged: dict[str, FallBackUse] = {}
    for use in uses:
        before = merged.get(use.how, FallBackUse(use.how, 0, ()))
        merged[use.how] = FallBackUse(use.how, before.rows + use.rows, (before.examples + use.examples)[:_EXAMPLES])
    return tuple(sorted(merged.values(), key=lambda use: -use.rows))


def sample_pairs(articles: pd.DataFrame, named: Sequence[str]) -> tuple[Pair, ...]:
    """Return PAIRS articles at even distances in time, with their images."""
    rows = np.unique(np.linspace(0, len(articles) - 1, min(PAIRS, len(articles))).round().astype(int))
    return tuple(
        Pair(row["article_id"], shortened(row["title"] or row["text"]), shortened(named[place]), row["image_file"])
        for place, row in zip(rows, articles.iloc[rows].to_dict("records"), strict=True)
    )


def split_spans(articles: pd.DataFrame) -> tuple[SplitSpan, ...]:
    """Return each split that there is with its first and last day."""
    spans = []
    for split in SPLITS:
        dates = articles.loc[articles["split"] == split, "published_at"]
        days = dates.dropna()
        first, last = (f"{days.min():%Y-%m-%d}", f"{days.max():%Y-%m-%d}") if len(days) else ("", "")
        if len(dates):
            spans.append(SplitSpan(split, len(dates), first, last))
    return tuple(spans)


def shared_between_splits(articles: pd.DataFrame) -> Shared:
    """Return what train and val have in common: images of the same bytes, texts of the same words."""
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
    """The letters and digits of each article, so that case, blanks, punctuation and addresses do not count."""
    texts = (articles["title"] + " " + articles["text"]).str.lower()
    return texts.str.replace(r"https?://\S+|[\W_]+", "", regex=True).tolist()


def save_audit(audit: ImportAudit, folder: Path) -> None:
    """Write the audit beside the domain in `folder`."""
    write_toml(folder / _FILE, asdict(audit), FORMAT)


def load_audit(folder: Path) -> ImportAudit | None:
    """Return the audit of the domain in `folder`; None for the demo, and for imports from before there were audits.

    Raises InputError if it is damaged or of another version.
    """
    path = folder / _FILE
    if not path.exists():
        return None
    return read_record(path, ImportAudit, "audit of the import", FORMAT, "Import the domain again.")
