"""Data of the Match component: items with their images, and the numbers from which the browser computes scores."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from core.interpolation.score_paths import LinearScores, ScorePath
from core.jobs.along_task import LISTED, Along, Item
from core.jobs.match_task import Found, ModelAnswer
from pages.alpha.slider_data import Tick
from pages.match.view import Matched, headline_of
from pages.shared.images import image_url, photo_url
from pages.shared.text import day, shorten

PRESENTED = 3  # images of the presentation


@dataclass(frozen=True)
class ShownItem:
    """An image or article. image: address of its thumbnail. day: of publication. own: the article's own image."""

    image: str
    headline: str
    day: str
    own: bool


@dataclass(frozen=True)
class ExactOrder:
    """Exact results at an α between interpolated ones. order: items, best first; scores: item → score."""

    alpha: float
    order: list[int]
    scores: dict[int, float]


@dataclass(frozen=True)
class Presented:
    """What only the presentation shows.

    title: the query. index, count: its place in the list of headlines, from 0, and their number. photo: address of the
    uploaded photo, "" for another query. large: item → address of its large image.
    """

    title: str
    index: int
    count: int
    photo: str
    large: dict[int, str]


@dataclass(frozen=True)
class AlongData:
    """All data of the component.

    alpha: the position of the slider. shown: number of items. of: what is searched, with n. exact: exact results at
    `alpha`, None if the others are exact or they are not computed yet. sentence: how sure the first results are, ""
    until it is known. present: None outside the presentation.
    """

    items: list[ShownItem]
    alphas: Sequence[float]
    scores: ScorePath
    ticks: Sequence[Tick]
    alpha: float
    shown: int
    of: str
    is_exact: bool
    exact: ExactOrder | None = None
    sentence: str = ""
    present: Presented | None = None

    def as_data(self) -> dict[str, Any]:
        """Return the data for component.js. The browser builds the page again only if `about` changes."""
        about = {
            "items": [vars(item) for item in self.items],
            "alphas": list(self.alphas),
            "scores": _numbers(self.scores),
            "ticks": [vars(tick) for tick in self.ticks],
            "shown": self.shown,
            "listed": LISTED,
            "of": self.of,
            "is_exact": self.is_exact,
            "flat": None,
            "presents": self.present is not None,
        }
        return {
            "about": json.dumps(about),
            "alpha": self.alpha,
            "exact": None if self.exact is None else asdict(self.exact),
            "sentence": self.sentence,
            "present": None if self.present is None else asdict(self.present),
        }


def along_data(matched: Matched, along: Along, ticks: Sequence[Tick], alpha: float, shown: int) -> AlongData:
    """Return the data for a query's result."""
    articles = [_article(matched, item) for item in along.items]
    items = [
        ShownItem(
            image_url(matched.workspace, matched.domain, article),
            shorten(headline_of(article), 160),
            day(article["published_at"]),
            row == along.own,
        )
        for row, article in enumerate(articles)
    ]
    exact = isinstance(along.scores, LinearScores)
    return AlongData(items, along.alphas, along.scores, ticks, alpha, shown, matched.searched, exact)


def presented(matched: Matched, along: Along, alpha: float, index: int, count: int) -> Presented:
    """Return what the presentation shows of a query's result at `alpha`."""
    photo = matched.question.photo
    first = along.first(alpha, PRESENTED)
    return Presented(
        shorten(matched.title, 240) if photo is None else "Which article belongs to this photo?",
        index,
        count,
        "" if photo is None else photo_url(photo),
        {
            row: image_url(matched.workspace, matched.domain, _article(matched, along.items[row]), large=True)
            for row in first
        },
    )


def exact_order(along: Along, answer: ModelAnswer) -> ExactOrder:
    """Return the exact results at one α. Items that are not among those of `along` are left out."""
    row_of = {(item.image_id, item.article_id): row for row, item in enumerate(along.items)}
    rows = {row_of[key]: found.score for found in answer.found if (key := (found.image_id, found.article_id)) in row_of}
    return ExactOrder(answer.alpha, list(rows), rows)


def _article(matched: Matched, item: Item) -> pd.Series:
    return matched.article_of(Found(0, 0.0, item.image_id, item.article_id))


def _numbers(scores: ScorePath) -> dict[str, Any]:
    return {name: values.tolist() for name, values in vars(scores).items()}
