"""Data of the cards: one page of the articles that match the filters, with their ranks, images, tags and notes."""

import hashlib
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pandas as pd

from core.data.domain import Domain
from core.evaluation.models import Model
from core.evaluation.rank_changes import log_position
from core.workspace.folders import Workspace
from core.workspace.sweep_results import Results
from core.workspace.tags import Tagged, known_tags
from pages.changes.table import ARROWS, MODELS
from pages.shared.images import image_url
from pages.shared.text import day, shorten

ON_A_PAGE = 20


@dataclass(frozen=True)
class ModelRank:
    """What one model does with an article.

    position: of the rank on a logarithmic scale, from 0 (rank 1) to 1 (last). image, headline: of its first image,
    own: whether that is the article's own image.
    """

    model: str
    rank: int
    position: float
    image: str
    headline: str
    own: bool


@dataclass(frozen=True)
class Card:
    """An article. arrow: whether its rank improved, worsened or did not change. link: opens it on the Alpha page."""

    id: str
    headline: str
    about: str
    arrow: str
    image: str
    models: list[ModelRank]
    tags: list[str]
    note: str
    link: str


@dataclass(frozen=True)
class KnownTag:
    """A tag that can be set, and how many of the articles that match the filters have it."""

    tag: str
    count: int


@dataclass(frozen=True)
class Cards:
    """One page of cards.

    current: id of the selected article. place: its place among all `total` articles, from 1. first: place of the first
    card. before, after: ids of the articles next to the page, "" for none; page_before: of the first of the page
    before. stamp: names the articles that match the filters. tagged: how many of them have a tag or note.
    """

    cards: list[Card]
    current: str
    place: int
    first: int
    total: int
    before: str
    page_before: str
    after: str
    known: list[KnownTag]
    tagged: int
    stamp: str

    def as_data(self) -> dict[str, Any]:
        """Return the data for the files of `browser` that draw the cards."""
        return asdict(self)


def stamp_of_articles(ids: list[str]) -> str:
    """Return a short text that differs for other articles or another order."""
    return hashlib.sha256("\n".join(ids).encode()).hexdigest()[:16]


def cards_of(
    workspace: Workspace, domain: Domain, results: Results, table: pd.DataFrame, rows: np.ndarray,
    tags: dict[str, Tagged], alpha: float, current: str | None,
) -> Cards:  # fmt: skip
    """Return the page of `rows` (of the results, not empty, in order) that has `current`, else the first page."""
    ids = table["article_id"].iloc[rows].tolist()
    place = ids.index(current) if current in ids else 0
    first = place - place % ON_A_PAGE
    end = min(first + ON_A_PAGE, len(ids))
    counts = Counter(tag for article_id in ids if article_id in tags for tag in tags[article_id].tags)
    return Cards(
        [_card(workspace, domain, results, table, int(row), tags, alpha) for row in rows[first:end]],
        ids[place],
        place + 1,
        first + 1,
        len(ids),
        ids[first - 1] if first else "",
        ids[first - ON_A_PAGE] if first else "",
        ids[end] if end < len(ids) else "",
        [KnownTag(tag, counts[tag]) for tag in known_tags(tags)],
        sum(article_id in tags for article_id in ids),
        stamp_of_articles(ids),
    )


def _card(
    workspace: Workspace, domain: Domain, results: Results, table: pd.DataFrame, row: int, tags: dict[str, Tagged],
    alpha: float,
) -> Card:  # fmt: skip
    article, change = results.records[row], table.iloc[row]
    article_id = str(article["article_id"])
    date = f"{day(article['published_at'])} · " if day(article["published_at"]) else ""
    planted = f" · planted: {article['planted']}" if article["planted"] else ""
    stored = tags.get(article_id)
    at = {Model.ZERO_SHOT: 0, Model.WISE_FT: results.nearest_index(alpha), Model.FINE_TUNED: -1}
    return Card(
        article_id,
        shorten(article["title"] or article["text"], 200),
        f"{date}article {article_id}{planted}",
        ARROWS[change["direction"]],
        image_url(workspace, domain, article),
        [_model_rank(workspace, domain, results, model, at[model], row, int(change[model])) for model in MODELS],
        list(stored.tags) if stored else [],
        stored.note if stored else "",
        f"alpha?{_parameters(domain, results, article_id, alpha)}",
    )


def _parameters(domain: Domain, results: Results, article_id: str, alpha: float) -> str:
    return urlencode(
        {"domain": domain.info.slug, "run": results.run.info.name, "split": results.split, "alpha": f"{alpha:g}"}
        | {"article": article_id}
    )


def _model_rank(
    workspace: Workspace, domain: Domain, results: Results, model: Model, index: int, row: int, rank: int
) -> ModelRank:
    first = int(results.top_images[index][row][0])
    published = results.with_image(first)
    return ModelRank(
        model,
        rank,
        log_position(rank, len(results.gallery.files)),
        image_url(workspace, domain, published),
        shorten(published["title"] or published["text"], 140),
        bool(first == results.gallery.target[row]),
    )
