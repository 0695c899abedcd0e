"""The articles whose rank changes most from fine-tuned to WiSE-FT, as cards for a report."""

from dataclasses import dataclass

import numpy as np

from core.data.images.decoding import ImageError
from core.data.images.thumbnails import SMALL, thumbnail
from core.findings.question import RunContext
from core.presentation.wording import shorten
from core.workspace.sweep_results import Results

SHOWN = 6  # articles of each group: a row or two
TEXT_SHOWN = 240  # characters


@dataclass(frozen=True)
class Card:
    """An article. ranks: in words. image: its own image as JPEG; None without images or if it cannot be read."""

    article_id: str
    text: str
    ranks: str
    image: bytes | None


@dataclass(frozen=True)
class Moved:
    """Articles that gained or lost most, with the title of the group."""

    title: str
    cards: tuple[Card, ...]


def moved_most(context: RunContext, with_images: bool) -> tuple[Moved, ...]:
    """Return the articles of val that gained and lost most, by the ratio of their ranks."""
    results, alpha = context.val, context.run.selected().alpha
    wise_ft = results.ranks_at(alpha)
    factor = np.log(results.ranks[-1] / wise_ft)
    order = np.argsort(-factor, kind="stable")
    gained = [int(row) for row in order[:SHOWN] if factor[row] > 0]
    lost = [int(row) for row in order[::-1][:SHOWN] if factor[row] < 0]
    groups = (("gained", gained), ("lost", lost))
    return tuple(
        Moved(
            f"{name.capitalize()} most from fine-tuned to WiSE-FT (α = {alpha:g}, val)",
            tuple(_card(context, results, wise_ft, row, with_images) for row in rows),
        )
        for name, rows in groups
    )


def _card(context: RunContext, results: Results, wise_ft: np.ndarray, row: int, with_images: bool) -> Card:
    article = results.records[row]
    shown = shorten(article["title"] or article["text"] or "", TEXT_SHOWN)
    ranks = f"rank {results.ranks[0][row]} zero-shot, {results.ranks[-1][row]} fine-tuned, {wise_ft[row]} WiSE-FT"
    image = None
    if with_images:
        try:
            file = context.domain.images_root / str(article["image_file"])
            image = thumbnail(file, str(article["image_hash"]), SMALL, context.workspace.cache)
        except (ImageError, OSError):
            image = None
    return Card(str(article["article_id"]), shown, ranks, image)
