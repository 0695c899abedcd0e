"""Train on the past, validate on what came after (paper, section 3.3): 80 % and 20 % in the order of time."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)
SplitBy = Literal["published_at", "article_id", "file order"]

TRAIN_SHARE = 0.8


@dataclass(frozen=True)
class TimeOrder:
    """The order of the articles in time, and what it was read from.

    order: int64 [N], positions of the articles, oldest first.
    by: the column that gave it. note: why not a better one, empty where the dates served.
    """

    order: np.ndarray
    by: SplitBy
    note: str


def time_order(article_ids: pd.Series, published_at: pd.Series | None) -> TimeOrder:
    """Order articles by date if every one has a date, else by id if every id is a number, else as the file has them.

    Equal dates go by id, so that the order of a table's rows changes nothing. A few missing dates would put their
    articles at an arbitrary place in time, so dates count only when complete.
    """
    note = "no date column"
    ids = article_ids.astype(str)
    numbered = ids.str.fullmatch(r"[0-9]{1,18}").all()
    by_id = np.argsort((ids.astype("int64") if numbered else ids).to_numpy(), kind="stable")
    if published_at is not None:
        dates = pd.to_datetime(published_at, utc=True, errors="coerce", format="mixed")
        missing = int(dates.isna().sum())
        if missing == 0:
            order = by_id[np.argsort(dates.to_numpy()[by_id], kind="stable")]
            return TimeOrder(order, "published_at", "")
        if missing < len(dates):
            note = f"{missing} of {len(dates)} articles have no readable date"
    if numbered:
        return TimeOrder(by_id, "article_id", note)
    return TimeOrder(np.arange(len(ids)), "file order", f"{note}; ids are not all numbers")


def split_in_time(order: np.ndarray) -> np.ndarray:
    """Return the split of each article, object [N]: the first 80 % in `order` are train, the rest val."""
    splits = np.full(len(order), "val", dtype=object)
    splits[order[: int(len(order) * TRAIN_SHARE)]] = "train"
    return splits
