"""Table of the articles of a split with their ranks in three models, and the filters of the Rank changes page."""

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
ARROWS: dict[str, str] = {"improved": "▲", "worsened": "▼", "unchanged": "="}


def change_table(results: Results, alpha: float, before: Model, after: Model) -> pd.DataFrame:
    """Return a row for each article, in the order of the results.

    Columns: article_id; the rank in each of MODELS; before, after: the ranks in the two compared models; gained:
    difference of ranks, positive if improved; direction; shape: of the article's trajectory over α.
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
    """The filters of the page; None or empty for all articles.

    size: minimum change of rank, up or down. members: rows of a slice. rows: rows of selected points.
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
    """Return the rows of `table` that match all filters, the largest change first."""
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
    # Ordered by the ratio of ranks: a change from 10 to 1 matters more than one from 900 to 800.
    factor = np.abs(np.log(table["before"].to_numpy() / table["after"].to_numpy()))[shown]
    return shown[np.argsort(-factor, kind="stable")]
