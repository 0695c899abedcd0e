"""Which articles an import trains on: as the table says itself, else the older ones."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.data.importers.source_table import LISTING_COLUMNS, ImportChoices
from core.data.time_split import own_split, split_in_time

IN_TIME = "time"


@dataclass(frozen=True)
class ChosenSplit:
    """The split of each row, object [N]. source: the table's own column, or "time".

    moved: rows on the other side of the cut, because another with their image is there. notes: sentences worth reading.
    """

    splits: np.ndarray
    source: str
    moved: int
    notes: tuple[str, ...]


def choose_split(rows: pd.DataFrame, order: np.ndarray, choices: ImportChoices) -> ChosenSplit:
    """Return the split of `rows` (of a listing, with `image_hash`), which `order` [N] puts in time."""
    own = own_split(rows.drop(columns=list(LISTING_COLUMNS), errors="ignore"), order)
    if own is not None and choices.own_split and not own.note:
        more = "; the last 20 % of its train articles are val, since it names none" if own.adds_val else ""
        note = f"split: the table's own, from column {own.column}{more}. --ignore-split splits in time instead."
        return ChosenSplit(own.splits, own.column, 0, (note,))
    notes: tuple[str, ...] = ()
    if own is not None:
        why = own.note if choices.own_split else "as --ignore-split says"
        notes = (f"split: the table's own column {own.column} is not used ({why}).",)
    alone = split_in_time(order)
    if choices.split_groups == "none":
        return ChosenSplit(alone, IN_TIME, 0, notes)
    splits = split_in_time(order, rows["image_hash"].to_numpy())
    return ChosenSplit(splits, IN_TIME, int((splits != alone).sum()), notes)
