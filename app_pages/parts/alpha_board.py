"""The list of articles and one article's pictures at an α, as one element of the page (alpha_board.js draws it).

One, because each Streamlit element is a message and a redraw of its own: sixty of them took three times as long as a
hand moves.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from app_pages.parts.pictures import picture_url
from app_pages.parts.point import Point
from app_pages.parts.style import FINE_TUNED, WISE_FT, ZERO_SHOT
from app_pages.parts.words import shorten
from core.data.domain import Domain
from core.workspace.places import Places
from core.workspace.results import Results

_HERE = Path(__file__).parent


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
    """The chosen article. picture: the address of its own picture, empty if it is gone."""

    id: str
    headline: str
    about: str
    ranks: str
    caption: str
    picture: str


@dataclass(frozen=True)
class Found:
    """One of its first pictures at α. picture: its address; headline: of the article it came with; own: its own?"""

    picture: str
    headline: str
    own: bool


def rows_of(results: Results, point: Point, order: np.ndarray) -> list[Row]:
    """Lines for the articles of `order`, int [M] rows of the results."""
    titles, texts, ids = (results.articles[name] for name in ("title", "text", "article_id"))
    return [
        Row(
            str(ids.iat[row]),
            shorten(titles.iat[row] or texts.iat[row], 140),
            int(results.ranks[0][row]),
            int(point.ranks[row]),
            int(results.ranks[-1][row]),
        )
        for row in order
    ]


def shown_article(places: Places, domain: Domain, results: Results, point: Point, row: int) -> Shown:
    """The article at `row` of the results."""
    article, total = results.articles.iloc[row], len(results.gallery.files)
    published = f"{article['published_at']:%Y-%m-%d} · " if pd.notna(article["published_at"]) else ""
    planted = f" · planted: {article['planted']}" if article["planted"] else ""
    rank, best = int(point.ranks[row]), point.best[row]
    where = "" if results.gallery.target[row] in best else f" Its own picture is at rank {rank} of {total}."
    return Shown(
        str(article["article_id"]),
        shorten(article["title"] or article["text"], 220),
        f"{published}article {article['article_id']}{planted}",
        f"Rank {rank} at α · {results.ranks[0][row]} zero-shot · {results.ranks[-1][row]} fine-tuned, of {total}",
        f"The first {len(best)} pictures at α = {point.name}.{where}",
        picture_url(places, domain, article),
    )


def found_pictures(places: Places, domain: Domain, results: Results, point: Point, row: int) -> list[Found]:
    """The first pictures of the article at `row`, best first."""
    own = int(results.gallery.target[row])
    others = [(int(picture), results.with_picture(int(picture))) for picture in point.best[row]]
    return [
        Found(picture_url(places, domain, other), shorten(other["title"] or other["text"], 140), picture == own)
        for picture, other in others
    ]


@st.cache_resource(show_spinner=False)
def _component() -> Callable[..., Any]:
    colours = f"--zero-shot:{ZERO_SHOT};--wise-ft:{WISE_FT};--fine-tuned:{FINE_TUNED}"
    return st.components.v2.component(
        "rematch_alpha_board",
        html=f'<div class="board" style="{colours}">\n</div>',
        css=(_HERE / "alpha_board.css").read_text(encoding="utf-8"),
        js=(_HERE / "alpha_board.js").read_text(encoding="utf-8"),
    )


def alpha_board(
    rows: list[Row],
    article: Shown,
    found: list[Found],
    *,
    caption: str,
    alpha: str,
    on_chosen: Callable[[], None],
    key: str,
) -> None:
    """Draw it. caption: above the list. In the callback `st.session_state[key]["chosen"]["article"]` is an id."""
    _component()(
        key=key,
        data={
            "rows": [vars(row) for row in rows],
            "article": vars(article),
            "pictures": [vars(picture) for picture in found],
            "list_caption": caption,
            "alpha": alpha,
        },
        on_chosen_change=on_chosen,
    )
