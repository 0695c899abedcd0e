"""Data of the line of the selected article's rank along α, with its overtakings."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from core.evaluation.overtakings import rank_steps
from core.workspace.sweep_results import Results
from pages.shared.text import counted

#: Overtakings that can be selected: those between the best ranks.
SHOWN = 40


@dataclass(frozen=True)
class Event:
    """An overtaking. rank: after it. image, headline: of the image that changed places with the article's own one."""

    alpha: float
    rank: int
    passes: bool
    image: str
    headline: str


@dataclass(frozen=True)
class RankLine:
    """Rank of an article along α. at: the steps, [K]; ranks: [K + 1]; events: those that can be selected."""

    at: list[float]
    ranks: list[int]
    events: list[Event]
    caption: str

    def as_data(self) -> dict[str, Any]:
        """Return the data for rank_line.js."""
        return asdict(self)


def rank_line(results: Results, row: int, image_and_headline: Callable[[int], tuple[str, str]]) -> RankLine | None:
    """Return the line of the article at `row`; None if the sweep has no overtakings.

    image_and_headline: maps a row of the gallery to the address of the image and the headline it was published with.
    """
    if results.overtakings is None:
        return None
    own, steps = results.overtakings.of(row), rank_steps(results.overtakings, row)
    first = np.diff(steps.edges)[steps.values == 1].sum()
    best = np.sort(np.argsort(np.minimum(own.rank, own.rank - own.change), kind="stable")[:SHOWN])
    events = [
        Event(
            round(float(own.alpha[index]), 4),
            int(own.rank[index]),
            bool(own.change[index] > 0),
            *image_and_headline(int(own.image[index])),
        )
        for index in best
    ]
    about = "≈ " if results.interpolated.any() else ""
    of_all = f", the {len(events)} between the best ranks as dots" if len(events) < len(own) else ""
    return RankLine(
        steps.at.round(5).tolist(),
        steps.values.astype(int).tolist(),
        events,
        f"{about}Rank along α: first for {first:.0%} of α; {counted(len(own), 'overtaking')} within the first "
        f"{results.overtakings.limit}{of_all}.",
    )
