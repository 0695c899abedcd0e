"""Selection of points in the chart of ranks: a box of ranks, kept in the URL, or articles picked by clicks or lasso."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pages.shared import session

_BOX = re.compile(r"(\d{1,7})-(\d{1,7}),(\d{1,7})-(\d{1,7})")


@dataclass(frozen=True)
class Box:
    """Ranks from `left` to `right` in the first model and from `low` to `high` in the second, ends included."""

    left: int
    right: int
    low: int
    high: int

    def __str__(self) -> str:
        return f"{self.left}-{self.right},{self.low}-{self.high}"


def parse_box(text: str | None) -> Box | None:
    """Return the box that `text` has in a URL; None for anything else."""
    matched = _BOX.fullmatch(text or "")
    if matched is None:
        return None
    left, right, low, high = map(int, matched.groups())
    return Box(left, right, low, high) if left <= right and low <= high else None


def box_around(table: pd.DataFrame, rows: Sequence[int]) -> Box:
    """Return the smallest box around the points of `rows` (not empty) of `change_table`."""
    before, after = (table[name].to_numpy()[list(rows)] for name in ("before", "after"))
    return Box(int(before.min()), int(before.max()), int(after.min()), int(after.max()))


def choose_points(table: pd.DataFrame, selected: Mapping[str, Any] | None) -> None:
    """Remember the points that the user selected in the chart: its message {kind, rows}. For callbacks."""
    rows = [] if selected is None else sorted({row for row in map(int, selected["rows"]) if 0 <= row < len(table)})
    session.forget_points()
    if selected is None or not rows:
        return
    if selected["kind"] == "box":
        session.BOX.pin(str(box_around(table, rows)))
    else:
        session.PICKED.set(frozenset(table["article_id"].iloc[rows]))


def current_box() -> Box | None:
    """Return the box of this session or the URL, and keep it in the URL."""
    box = parse_box(session.BOX.current())
    session.BOX.write(None if box is None else str(box))
    return box


def selected_rows(table: pd.DataFrame, box: Box | None) -> tuple[int, ...] | None:
    """Return the rows in the box, or those of the picked articles; None if nothing is selected."""
    if box is not None:
        inside = table["before"].between(box.left, box.right) & table["after"].between(box.low, box.high)
        return tuple(np.flatnonzero(inside.to_numpy()).tolist())
    picked = session.PICKED.get()
    return tuple(np.flatnonzero(table["article_id"].isin(picked)).tolist()) if picked else None
