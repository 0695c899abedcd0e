"""Data of the board below the α slider: the list of articles, the selected article, and its first images at α."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.data.domain import Domain
from core.workspace.folders import Workspace
from core.workspace.sweep_results import Results
from core.workspace.tags import known_tags, read_tags
from pages.alpha.listing import ListState, current_options, listed_rows
from pages.alpha.point import Point
from pages.alpha.rank_line import RankLine, rank_line
from pages.shared.images import image_url
from pages.shared.text import counted, day, shorten


@dataclass(frozen=True)
class Row:
    """A row of the list: an article and its rank in the zero-shot, mixed (here) and fine-tuned model.

    pinned: its rank at the pinned α, None if there is none.
    """

    id: str
    headline: str
    zero_shot: int
    here: int
    fine_tuned: int
    pinned: int | None = None


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
    """One of the first images of the selected article.

    place: from 1. image: its address. headline: of the article it was published with. own: whether it is the article's
    own image. new: whether it is not among the first images at the pinned α.
    """

    place: int
    image: str
    headline: str
    own: bool
    new: bool = False


@dataclass(frozen=True)
class SetTags:
    """Tags of the selected article (set), and those that can be set (known)."""

    set: list[str]
    known: list[str]


def rows_of(results: Results, point: Point, pinned: Point | None, order: np.ndarray) -> list[Row]:
    """Return the rows of the list for `order`, int [M] rows of the results."""
    records = results.records
    return [
        Row(
            str(records[row]["article_id"]),
            shorten(records[row]["title"] or records[row]["text"], 140),
            int(results.ranks[0][row]),
            int(point.ranks[row]),
            int(results.ranks[-1][row]),
            None if pinned is None else int(pinned.ranks[row]),
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


def found_images(
    workspace: Workspace, domain: Domain, results: Results, point: Point, row: int, other: Point | None
) -> list[FoundImage]:
    """Return the first images of the article at `row`, best first; new are those that `other` does not find."""
    own_image = int(results.gallery.target[row])
    before = None if other is None else set(other.top_images[row].tolist())
    published = [(int(image), results.with_image(int(image))) for image in point.top_images[row]]
    return [
        FoundImage(
            place,
            image_url(workspace, domain, article),
            shorten(article["title"] or article["text"], 140),
            image == own_image,
            before is not None and image not in before,
        )
        for place, (image, article) in enumerate(published, 1)
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
    """All data of the board.

    caption: text below the list. alpha: the α of the data, as text. line: of the selected article, if the sweep has
    overtakings. gone: images that only the pinned α finds. pinned: the pinned α as text, None if there is none.
    """

    rows: list[Row]
    listing: ListState
    article: SelectedArticle
    tags: SetTags
    found: list[FoundImage]
    gone: list[FoundImage]
    caption: str
    alpha: str
    pinned: str | None
    line: RankLine | None

    def as_data(self) -> dict[str, Any]:
        """Return the data for the files of `browser` that draw the board."""
        return {
            "rows": [vars(row) for row in self.rows],
            "listing": vars(self.listing),
            "article": vars(self.article),
            "tags": vars(self.tags),
            "images": [vars(image) for image in self.found],
            "gone": [vars(image) for image in self.gone],
            "list_caption": self.caption,
            "alpha": self.alpha,
            "pinned": self.pinned,
            "line": self.line and self.line.as_data(),
        }


def board_data(
    workspace: Workspace, domain: Domain, results: Results, point: Point, pinned: Point | None, row: int
) -> BoardData:
    """Return the list at `point`, and the selected article, `row` of the results, with its first images.

    pinned: a second point to compare with.
    """
    listed = listed_rows(results, point, current_options())
    article = shown_article(workspace, domain, results, point, row)
    gone = [] if pinned is None else found_images(workspace, domain, results, pinned, row, point)
    return BoardData(
        rows_of(results, point, pinned, listed.rows),
        listed.state,
        article,
        tags_of(workspace, domain.info.slug, article.id),
        found_images(workspace, domain, results, point, row, pinned),
        [replace(image, new=False) for image in gone if image.new],
        f"{results.split}: rank of the own image among {counted(len(results.gallery.files), 'image')}. ▲ better than "
        f"{'fine-tuned' if pinned is None else 'at the pinned α'}, ▼ worse.",
        point.name,
        None if pinned is None else pinned.name,
        line_of(workspace, domain, results, row),
    )
