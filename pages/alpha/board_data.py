"""What the Alpha page answers at an α: lines of the list, the chosen article, its first images."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from core.data.domain import Domain
from core.workspace.folders import Workspace
from core.workspace.sweep_results import Results
from pages.alpha.point import Point
from pages.shared.images import image_url
from pages.shared.text import shorten


@dataclass(frozen=True)
class Row:
    """One line of the list: an article and its rank at α and at both ends."""

    id: str
    headline: str
    zero_shot: int
    here: int
    fine_tuned: int


@dataclass(frozen=True)
class Shown:
    """The chosen article. image: the address of its own image, empty if it is gone."""

    id: str
    headline: str
    about: str
    ranks: str
    caption: str
    picture: str


@dataclass(frozen=True)
class Found:
    """One of its first images at α. image: its address; headline: of the article it came with; own: its own?"""

    picture: str
    headline: str
    own: bool


def rows_of(results: Results, point: Point, order: np.ndarray) -> list[Row]:
    """Lines for the articles of `order`, int [M] rows of the results."""
    records = results.records
    return [
        Row(
            str(records[row]["article_id"]),
            shorten(records[row]["title"] or records[row]["text"], 140),
            int(results.ranks[0][row]),
            int(point.ranks[row]),
            int(results.ranks[-1][row]),
        )
        for row in order
    ]


def shown_article(workspace: Workspace, domain: Domain, results: Results, point: Point, row: int) -> Shown:
    """The article at `row` of the results."""
    article, total = results.records[row], len(results.gallery.files)
    published = f"{article['published_at']:%Y-%m-%d} · " if pd.notna(article["published_at"]) else ""
    planted = f" · planted: {article['planted']}" if article["planted"] else ""
    rank, listed = int(point.ranks[row]), point.top_images[row]
    where = "" if results.gallery.target[row] in listed else f" Its own image is at rank {rank} of {total}."
    return Shown(
        str(article["article_id"]),
        shorten(article["title"] or article["text"], 220),
        f"{published}article {article['article_id']}{planted}",
        f"Rank {rank} at α · {results.ranks[0][row]} zero-shot · {results.ranks[-1][row]} fine-tuned, of {total}",
        f"The first {len(listed)} images at α = {point.name}.{where}",
        image_url(workspace, domain, article),
    )


def found_images(workspace: Workspace, domain: Domain, results: Results, point: Point, row: int) -> list[Found]:
    """The first images of the article at `row`, best first."""
    own = int(results.gallery.target[row])
    others = [(int(picture), results.with_image(int(picture))) for picture in point.top_images[row]]
    return [
        Found(image_url(workspace, domain, other), shorten(other["title"] or other["text"], 140), picture == own)
        for picture, other in others
    ]


@dataclass(frozen=True)
class Answer:
    """All of it. caption: above the list; alpha: what it is for."""

    rows: list[Row]
    article: Shown
    found: list[Found]
    caption: str
    alpha: str

    def as_data(self) -> dict[str, Any]:
        """For alpha_answer.js."""
        return {
            "rows": [vars(row) for row in self.rows],
            "article": vars(self.article),
            "pictures": [vars(picture) for picture in self.found],
            "list_caption": self.caption,
            "alpha": self.alpha,
        }
