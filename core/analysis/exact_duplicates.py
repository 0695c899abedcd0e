"""Exact duplicates: articles that share an image or a text, which make ranks ambiguous or leak from train to val.

An image or text that a model saw in training does not test the model. Of two articles with the same text but different
images, at most one can have its own image at rank 1.
"""

import unicodedata
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from core.data.domain import query_texts
from core.data.query_text import Reading

Kind = Literal["image", "text"]


@dataclass(frozen=True)
class DuplicateGroup:
    """Articles that share an image or a text. rows: at least two positions in the article table. splits: in order."""

    kind: Kind
    rows: tuple[int, ...]
    splits: tuple[str, ...]

    @property
    def leaks(self) -> bool:
        """Return True if the group has articles in train and in another split."""
        return "train" in self.splits and len(self.splits) > 1


def same_image(articles: pd.DataFrame) -> list[DuplicateGroup]:
    """Return groups with equal image bytes (`image_hash`) or equal `image_id`; leaks first, then the largest.

    An article without either belongs to no group.
    """
    label = np.arange(len(articles))
    ids, hashes = (_codes(articles[name]) for name in ("image_id", "image_hash"))
    while True:  # the least row number spreads through shared ids, then shared hashes, until none changes
        spread = _least(_least(label, ids), hashes)
        if (spread == label).all():
            return _groups("image", articles, pd.Series(label))
        label = spread


def same_text(articles: pd.DataFrame) -> list[DuplicateGroup]:
    """Return groups with equal title and text, ignoring addresses, white space and case; in the same order.

    Articles without any text belong to no group.
    """
    texts = query_texts(articles, Reading(), english=False)
    alike = pd.Series([unicodedata.normalize("NFC", text.casefold()) for text in texts], dtype=object)
    return _groups("text", articles, alike[alike != ""])


def duplicates_table(articles: pd.DataFrame, groups: list[DuplicateGroup]) -> pd.DataFrame:
    """Return one row per article of each group: kind, group (from 1), leaks, and the article's columns."""
    rows = [row for group in groups for row in group.rows]
    sizes = [len(group.rows) for group in groups]
    table = articles.iloc[rows][["article_id", "split", "title", "text", "image_id", "image_file"]].reset_index(
        drop=True
    )
    table.insert(0, "leaks", np.repeat([group.leaks for group in groups], sizes))
    table.insert(0, "group", np.repeat(np.arange(1, len(groups) + 1), sizes))
    table.insert(0, "kind", np.repeat(np.array([group.kind for group in groups], dtype=object), sizes))
    return table


def _codes(values: pd.Series) -> np.ndarray:
    """Return codes int64 [N], equal for equal values; a missing value equals no other."""
    known = values.fillna("").astype(str)
    codes, distinct = pd.factorize(known)
    alone = (known == "").to_numpy()
    return np.where(alone, len(distinct) + np.arange(len(known)), codes)


def _least(label: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Return the least label among the rows with the same code, for each row."""
    return pd.Series(label).groupby(codes).transform("min").to_numpy()


def _groups(kind: Kind, articles: pd.DataFrame, keys: pd.Series) -> list[DuplicateGroup]:
    """Return groups of at least two rows with equal keys. keys: indexed by positions in `articles`."""
    splits = articles["split"].to_numpy()
    repeated = keys[keys.duplicated(keep=False)]
    positions = repeated.index.to_numpy()
    found = []
    for places in repeated.groupby(repeated).indices.values():
        rows = tuple(int(row) for row in positions[places])
        found.append(DuplicateGroup(kind, rows, tuple(dict.fromkeys(str(splits[row]) for row in rows))))
    return sorted(found, key=lambda group: (not group.leaks, -len(group.rows), group.rows[0]))
