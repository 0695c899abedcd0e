"""The articles of a split under three models as one table, and the filters of the Rank changes page on it."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd

from core.analysis.trajectories import Shape, shapes_of
from core.data.text_search import rows_containing
from core.evaluation.models import Model
from core.evaluation.rank_changes import CASES, Case, in_case, places_gained
from core.workspace.sweep_results import Results
from core.workspace.tags import Tagged

MODELS = (Model.ZERO_SHOT, Model.WISE_FT, Model.FINE_TUNED)
Direction = Literal["improved", "worsened", "unchanged"]
DIRECTIONS: tuple[Direction, ...] = ("improved", "worsened", "unchanged")


def change_table(results: Results, alpha: float, before: Model, after: Model) -> pd.DataFrame:
    """A row for each article, in the results' order: article_id, MODELS, before, after, gained, direction, shape.

    MODELS: a rank under each; before, after: those of the two compared; gained: places, above zero where improved;
    shape: of the article's ranks along all of α.
    """
    ranks = {
        Model.ZERO_SHOT: results.ranks[0],
        Model.WISE_FT: results.ranks_at(alpha),
        Model.FINE_TUNED: results.ranks[-1],
    }
    gained = places_gained(ranks[before], ranks[after])
    direction = np.select([gained > 0, gained < 0], DIRECTIONS[:2], DIRECTIONS[2])
    return pd.DataFrame(
        {"article_id": results.articles["article_id"]}
        | ranks
        | {"before": ranks[before], "after": ranks[after], "gained": gained, "direction": direction}
        | {"shape": shapes_of(results.ranks)}
    )


@dataclass(frozen=True)
class Filter:
    """What is to be shown; None or empty for all. size: least change in places, either way.

    members: rows of a slice; rows: points selected.
    """

    direction: Direction | None = None
    case: Case | None = None
    size: int = 0
    words: str = ""
    dates: tuple[date, date] | None = None
    language: str | None = None
    planted: str | None = None
    tags: tuple[str, ...] = ()
    shape: Shape | None = None
    members: tuple[int, ...] | None = None
    rows: tuple[int, ...] | None = None


def rows_of(chosen: Filter, table: pd.DataFrame, articles: pd.DataFrame, tags: dict[str, Tagged]) -> np.ndarray:
    """Rows of `table` that pass, those that moved most first."""
    keep = table["gained"].abs().to_numpy() >= chosen.size
    if chosen.direction is not None:
        keep &= (table["direction"] == chosen.direction).to_numpy()
    if chosen.case in CASES:
        keep &= in_case(chosen.case, *(table[name].to_numpy() for name in Model))
    if chosen.dates is not None:
        days = pd.to_datetime(articles["published_at"]).dt.date
        keep &= ((days >= chosen.dates[0]) & (days <= chosen.dates[1])).to_numpy()
    for column, value in (("language", chosen.language), ("planted", chosen.planted)):
        if value is not None:
            keep &= (articles[column] == value).to_numpy()
    if chosen.shape is not None:
        keep &= (table["shape"] == chosen.shape).to_numpy()
    if chosen.tags:
        wanted = set(chosen.tags)
        keep &= np.array([bool(wanted & set(tags[i].tags)) if i in tags else False for i in table["article_id"]])
    found = np.zeros(len(table), dtype=bool)
    found[rows_containing(articles, chosen.words)] = True
    keep &= found
    for rows in (chosen.members, chosen.rows):
        if rows is not None:
            selected = np.zeros(len(table), dtype=bool)
            selected[[row for row in rows if 0 <= row < len(table)]] = True
            keep &= selected
    shown = np.flatnonzero(keep)
    # By the factor, not the places: from 900 to 800 is less of a change than from 10 to 1.
    factor = np.abs(np.log(table["before"].to_numpy() / table["after"].to_numpy()))[shown]
    return shown[np.argsort(-factor, kind="stable")]
