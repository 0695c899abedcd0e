"""Data of the board below the α slider: the list of articles, the selected article, and its first images at α."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.data.domain import Domain
from core.workspace.folders import Workspace
from core.workspace.sweep_results import Results
from pages.alpha.point import Point
from pages.alpha.rank_line import RankLine, rank_line
from pages.shared.images import image_url
from pages.shared.text import day, shorten


@dataclass(frozen=True)
class Row:
    """A row of the list: an article and its rank in the zero-shot, mixed (here) and fine-tuned model."""

    id: str
    headline: str
    zero_shot: int
    here: int
    fine_tuned: int


@dataclass(frozen=True)
class SelectedArticle:
    """The selected article. image: address of its own image, "" if it cannot be read."""

    id: str
    headline: str
    about: str
    ranks: str
    caption: str
    image: str


@dataclass(frozen=True)
class FoundImage:
    """One of the first images of the selected article at α.

    image: its address. headline: of the article it was published with. own: whether it is the article's own image.
    """

    image: str
    headline: str
    own: bool


def rows_of(results: Results, point: Point, order: np.ndarray) -> list[Row]:
    """Return the rows of the list for `order`, int [M] rows of the results."""
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


def shown_article(workspace: Workspace, domain: Domain, results: Results, point: Point, row: int) -> SelectedArticle:
    """Return the article at `row` of the results."""
    article, total = results.records[row], len(results.gallery.files)
    published = f"{day(article['published_at'])} · " if day(article["published_at"]) else ""
    planted = f" · planted: {article['planted']}" if article["planted"] else ""
    rank, listed = int(point.ranks[row]), point.top_images[row]
    where = "" if results.gallery.target[row] in listed else f" Its own image is at rank {rank:,} of {total:,}."
    return SelectedArticle(
        str(article["article_id"]),
        shorten(article["title"] or article["text"], 220),
        f"{published}article {article['article_id']}{planted}",
        f"Rank {rank:,} at α · {results.ranks[0][row]:,} zero-shot · {results.ranks[-1][row]:,} fine-tuned, of "
        f"{total:,}",
        f"The first {len(listed)} images at α = {point.name}.{where}",
        image_url(workspace, domain, article),
    )


def found_images(workspace: Workspace, domain: Domain, results: Results, point: Point, row: int) -> list[FoundImage]:
    """Return the first images of the article at `row`, best first."""
    own_image = int(results.gallery.target[row])
    published = [(int(image), results.with_image(int(image))) for image in point.top_images[row]]
    return [
        FoundImage(
            image_url(workspace, domain, article), shorten(article["title"] or article["text"], 140), image == own_image
        )
        for image, article in published
    ]


def line_of(workspace: Workspace, domain: Domain, results: Results, row: int) -> RankLine | None:
    """Return the line of the article at `row`; None if the sweep has no overtakings."""

    def image_and_headline(image: int) -> tuple[str, str]:
        article = results.with_image(image)
        return image_url(workspace, domain, article), shorten(article["title"] or article["text"], 100)

    return rank_line(results, row, image_and_headline)


@dataclass(frozen=True)
class BoardData:
    """All data of the board.

    caption: text above the list. alpha: the α of the data, as text. line: of the selected article, if the sweep has
    overtakings.
    """

    rows: list[Row]
    article: SelectedArticle
    found: list[FoundImage]
    caption: str
    alpha: str
    line: RankLine | None

    def as_data(self) -> dict[str, Any]:
        """Return the data for board_data.js."""
        return {
            "rows": [vars(row) for row in self.rows],
            "article": vars(self.article),
            "images": [vars(image) for image in self.found],
            "list_caption": self.caption,
            "alpha": self.alpha,
            "line": self.line and self.line.as_data(),
        }
