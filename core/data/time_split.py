"""Split in time (paper, section 3.3): train on the first 80 % of the articles, validate on the last 20 %.

Articles that share an image stay on one side of the cut, so that no validation image was used in training.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from core.data.dates import DateColumn

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)
SplitBy = Literal["published_at", "article_id", "file order"]
SplitGroups = Literal["image", "none"]

TRAIN_SHARE = 0.8
_EXAMPLES = 3
#: Names of splits in published data sets. `restval` are COCO images that Karpathy's splits also use for training.
_OWN_NAMES: dict[str, Split] = {
    "train": "train", "training": "train", "trn": "train", "restval": "train",
    "val": "val", "valid": "val", "validation": "val", "dev": "val", "development": "val",
    "test": "test", "testing": "test", "tst": "test",
}  # fmt: skip


@dataclass(frozen=True)
class TimeOrder:
    """The order of the articles in time, and its source.

    order: int64 [N], positions of the articles, oldest first.
    by: the column used. note: why the dates could not be used, "" if they were.
    """

    order: np.ndarray
    by: SplitBy
    note: str


def time_order(article_ids: pd.Series, dates: DateColumn | None, column: str = "published_at") -> TimeOrder:
    """Order articles by date if all have one, else by id if all ids are numbers, else as in the file.

    Equal dates are ordered by id, so that the order of the rows has no effect. Dates are used only if complete, since
    articles without a date would get an arbitrary position in time. column: the name of the dates in the file.
    """
    ids = article_ids.astype(str)
    numbered = bool(ids.str.fullmatch("[0-9]+").all())
    by_id = np.array(sorted(range(len(ids)), key=[_as_number(key) if numbered else key for key in ids].__getitem__))
    if dates is not None and not dates.missing:
        order = by_id[np.argsort(dates.times.to_numpy()[by_id], kind="stable")] if len(ids) else by_id
        return TimeOrder(order, "published_at", "")
    note = _why_not(dates, column)
    if numbered:
        return TimeOrder(by_id.astype(np.int64), "article_id", note)
    return TimeOrder(np.arange(len(ids)), "file order", f"{note}; ids are not all numbers")


def _as_number(digits: str) -> tuple[int, str]:
    """Return a sort key that orders digits of any length by their value."""
    digits = digits.lstrip("0")
    return len(digits), digits


def _why_not(dates: DateColumn | None, column: str) -> str:
    """Return why the dates cannot be used."""
    if dates is None or not dates.filled:
        return "no date column"
    quoted = ", ".join(f"'{cell}'" for cell in dates.unread[:_EXAMPLES])
    examples = f", such as {quoted}; write them as 2023-01-31, or set their format with --date-format" if quoted else ""
    if dates.missing == len(dates.times):
        return f"column {column}: none of {dates.filled} dates is readable{examples}"
    return f"column {column}: {dates.missing} of {len(dates.times)} articles have no readable date{examples}"


def split_in_time(order: np.ndarray, groups: np.ndarray | None = None) -> np.ndarray:
    """Return the split of each article, object [N]: the first 80 % in `order` are train, the rest val.

    groups: the group of each article, [N]; a group goes where its first article is. The cut is between two groups, as
    close to 80 % of the articles as possible. A single group is cut.
    """
    splits = np.full(len(order), "val", dtype=object)
    cut = int(len(order) * TRAIN_SHARE)
    if groups is not None:
        _, group = np.unique(groups, return_inverse=True)
        in_time = pd.unique(group[order])
        ends = np.cumsum(np.bincount(group)[in_time])
        if len(ends) > 1:
            first = int(np.abs(ends[:-1] - cut).argmin()) + 1  # of the cuts that leave something on both sides
            splits[np.isin(group, in_time[:first])] = "train"
            return splits
    splits[order[:cut]] = "train"
    return splits


@dataclass(frozen=True)
class OwnSplit:
    """The split given in a table. column: its name; splits: object [N]; note: why it cannot be used, "" if it can.

    adds_val: whether the table has no val, so that a part of its train became val.
    """

    column: str
    splits: np.ndarray
    note: str = ""
    adds_val: bool = False


def own_split(table: pd.DataFrame, order: np.ndarray) -> OwnSplit | None:
    """Return the split in the column `split` of a table; None if the column is missing or empty.

    Without val, the last 20 % in `order` of the train articles become val.
    """
    column = next((str(name) for name in table if str(name).strip().lower() == "split"), None)
    if column is None:
        return None
    words = table[column].astype(str).str.strip().str.lower()
    if (words == "").all():
        return None
    splits = words.map(_OWN_NAMES).to_numpy(dtype=object)
    if strange := sorted(set(words[pd.isna(splits)])):
        examples = ", ".join(f"'{word}'" for word in strange[:_EXAMPLES])
        return OwnSplit(column, splits, f"it contains {examples}; expected train, val and test")
    if not (splits == "train").any():
        return OwnSplit(column, splits, "it has no train articles")
    if not (splits == "val").any():
        trained = order[splits[order] == "train"]
        splits[trained[int(len(trained) * TRAIN_SHARE) :]] = "val"
        return OwnSplit(column, splits, adds_val=True)
    return OwnSplit(column, splits)
