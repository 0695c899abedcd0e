"""Data of the board below the α slider: the list, and the selected article with its first images, along α."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.data.domain import Domain
from core.workspace.folders import Workspace
from core.workspace.sweep_results import Results
from core.workspace.tags import known_tags, read_tags
from pages.alpha.listing import ORDERS_AT_ALPHA, ListState, current_options, listed_rows
from pages.alpha.point import Point, Positions
from pages.alpha.rank_line import RankLine, rank_line
from pages.shared.images import image_url
from pages.shared.text import counted, day, shorten


@dataclass(frozen=True)
class Row:
    """A row of the list: an article and its rank in both ends and at each position of the slider."""

    id: str
    headline: str
    zero_shot: int
    fine_tuned: int
    ranks: list[int]


@dataclass(frozen=True)
class SelectedArticle:
    """The selected article. image: address of its own image, "" if it cannot be read. total: images searched."""

    id: str
    headline: str
    about: str
    image: str
    total: int


@dataclass(frozen=True)
class FoundImage:
    """An image that is among the first of the selected article at some α.

    image: its address. headline: of the article it was published with. own: whether it is the article's own image.
    """

    image: str
    headline: str
    own: bool


@dataclass(frozen=True)
class Along:
    """The selected article along α: ranks and first images at each position of the slider, or at one point.

    first: for each position the first images, best first, by their place in `BoardData.images`.
    """

    zero_shot: int
    fine_tuned: int
    ranks: list[int]
    first: list[list[int]]


@dataclass(frozen=True)
class Here:
    """What replaces the values of the positions: exact ones, or each article at its own α.

    alphas: where they do, None for everywhere. name: of the point. ranks: of the listed articles. rank, first: of the
    selected one.
    """

    alphas: list[float] | None
    name: str
    ranks: list[int]
    rank: int
    first: list[int]


@dataclass(frozen=True)
class SetTags:
    """Tags of the selected article (set), and those that can be set (known)."""

    set: list[str]
    known: list[str]


def rows_of(results: Results, positions: Positions, order: np.ndarray) -> list[Row]:
    """Return the rows of the list for `order`, int [M] rows of the results."""
    records, ranks = results.records, positions.ranks[:, order].T.tolist()
    return [
        Row(
            str(records[row]["article_id"]),
            shorten(records[row]["title"] or records[row]["text"], 140),
            int(results.ranks[0][row]),
            int(results.ranks[-1][row]),
            ranks[place],
        )
        for place, row in enumerate(order)
    ]


def shown_article(workspace: Workspace, domain: Domain, results: Results, row: int) -> SelectedArticle:
    """Return the article at `row` of the results."""
    article = results.records[row]
    published = f"{day(article['published_at'])} · " if day(article["published_at"]) else ""
    planted = f" · planted: {article['planted']}" if article["planted"] else ""
    return SelectedArticle(
        str(article["article_id"]),
        shorten(article["title"] or article["text"], 220),
        f"{published}article {article['article_id']}{planted}",
        image_url(workspace, domain, article),
        len(results.gallery.files),
    )


def found_images(
    workspace: Workspace, domain: Domain, results: Results, row: int, images: np.ndarray
) -> list[FoundImage]:
    """Return what is shown of `images`, int [M] rows of the gallery, for the article at `row` of the results."""
    own_image = int(results.gallery.target[row])
    published = [(int(image), results.with_image(int(image))) for image in images]
    return [
        FoundImage(
            image_url(workspace, domain, article),
            shorten(article["title"] or article["text"], 140),
            image == own_image,
        )
        for image, article in published
    ]


def tags_of(workspace: Workspace, slug: str, article_id: str) -> SetTags:
    """Return the tags of an article."""
    tagged = read_tags(workspace, slug)
    return SetTags(list(tagged[article_id].tags) if article_id in tagged else [], known_tags(tagged))


def line_of(workspace: Workspace, domain: Domain, results: Results, row: int) -> RankLine | None:
    """Return the line of the article at `row`; None if the sweep has no overtakings."""

    def image_and_headline(image: int) -> tuple[str, str]:
        article = results.with_image(image)
        return image_url(workspace, domain, article), shorten(article["title"] or article["text"], 100)

    return rank_line(results, row, image_and_headline)


@dataclass(frozen=True)
class BoardData:
    """All data of the board, for every position of the slider, so that moving it needs no server.

    along: the selected article. images: those among its first at any position. here: values that replace those of
    the positions, None if there are none. caption: text below the list. ordered_by_alpha: whether the order of the list
    depends on α. line: of the selected article, if the sweep has overtakings.
    """

    rows: list[Row]
    listing: ListState
    article: SelectedArticle
    tags: SetTags
    along: Along
    images: list[FoundImage]
    here: Here | None
    caption: str
    ordered_by_alpha: bool
    line: RankLine | None

    def as_data(self) -> dict[str, Any]:
        """Return the data for the files of `browser` that draw the board."""
        return {
            "rows": [vars(row) for row in self.rows],
            "listing": vars(self.listing),
            "article": vars(self.article),
            "tags": vars(self.tags),
            "along": vars(self.along),
            "images": [vars(image) for image in self.images],
            "here": self.here and vars(self.here),
            "list_caption": self.caption,
            "ordered_by_alpha": self.ordered_by_alpha,
            "line": self.line and self.line.as_data(),
        }


@dataclass(frozen=True)
class Shown:
    """What the board shows.

    positions: at which the slider can be. point: the current one. alphas: None where `point` is one of the positions;
    else where it replaces them, or empty if it does so everywhere. row: of the selected article.
    """

    positions: Positions
    point: Point
    alphas: Sequence[float] | None
    row: int
    is_pinned: bool = False


def board_data(workspace: Workspace, domain: Domain, results: Results, shown: Shown) -> BoardData:
    """Return the list and the selected article with its first images, at each position of the slider."""
    row, point, options = shown.row, shown.point, current_options()
    listed = listed_rows(results, point, options)
    article = shown_article(workspace, domain, results, row)
    first, here = shown.positions.top_images[:, row], point.top_images[row]
    images = np.unique(np.concatenate([first.ravel(), here]))
    along = Along(
        int(results.ranks[0][row]),
        int(results.ranks[-1][row]),
        shown.positions.ranks[:, row].tolist(),
        np.searchsorted(images, first).tolist(),
    )
    return BoardData(
        rows_of(results, shown.positions, listed.rows),
        listed.state,
        article,
        tags_of(workspace, domain.info.slug, article.id),
        along,
        found_images(workspace, domain, results, row, images),
        None
        if shown.alphas is None
        else Here(
            list(shown.alphas) or None,
            point.name,
            point.ranks[listed.rows].tolist(),
            int(point.ranks[row]),
            np.searchsorted(images, here).tolist(),
        ),
        f"{results.split}: rank of the own image among {counted(len(results.gallery.files), 'image')}. ▲ better than "
        f"{'at the pinned α' if shown.is_pinned else 'fine-tuned'}, ▼ worse.",
        options.order in ORDERS_AT_ALPHA,
        line_of(workspace, domain, results, row),
    )
