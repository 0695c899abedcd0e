"""Choice of the split of an import: the table's column `split`, else a split in time."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.data.importers.source_table import LISTING_COLUMNS, ImportChoices
from core.data.time_split import own_split, split_in_time

IN_TIME = "time"


@dataclass(frozen=True)
class ChosenSplit:
    """The split of each row, object [N]. source: the table's column, or "time".

    moved: rows that changed sides of the cut because another row has their image. notes: sentences for the user.
    """

    splits: np.ndarray
    source: str
    moved: int
    notes: tuple[str, ...]


def choose_split(rows: pd.DataFrame, order: np.ndarray, choices: ImportChoices) -> ChosenSplit:
    """Return the split of `rows` (of a listing, with `image_hash`); order: [N], their order in time."""
    own = own_split(rows.drop(columns=list(LISTING_COLUMNS), errors="ignore"), order)
    if own is not None and choices.own_split and not own.note:
        more = "; it has no val, so the last 20 % of its train articles are used as val" if own.adds_val else ""
        note = f"split: taken from column {own.column}{more}. To split in time instead, add --ignore-split."
        return ChosenSplit(own.splits, own.column, 0, (note,))
    notes: tuple[str, ...] = ()
    if own is not None:
        why = own.note if choices.own_split else "as chosen"
        notes = (f"split: column {own.column} is not used ({why}); the articles are split in time.",)
    alone = split_in_time(order)
    if choices.split_groups == "none":
        return ChosenSplit(alone, IN_TIME, 0, notes)
    splits = split_in_time(order, rows["image_hash"].to_numpy())
    return ChosenSplit(splits, IN_TIME, int((splits != alone).sum()), notes)
