"""The articles that moved most from fine-tuned to WiSE-FT, as cards for a report."""

from dataclasses import dataclass

import numpy as np

from core.data.images.decoding import ImageError
from core.data.images.thumbnails import SMALL, thumbnail
from core.findings.question import RunContext
from core.presentation.wording import shorten
from core.workspace.sweep_results import Results

SHOWN = 6  # of each group: a row or two
TEXT_SHOWN = 240  # characters


@dataclass(frozen=True)
class Card:
    """One article. ranks: in words. image: its own, JPEG; None without images or if it cannot be read."""

    article_id: str
    text: str
    ranks: str
    picture: bytes | None


@dataclass(frozen=True)
class Moved:
    """A group of articles."""

    title: str
    cards: tuple[Card, ...]


def moved_most(context: RunContext, with_images: bool) -> tuple[Moved, ...]:
    """Those of val that gained most and lost most, by the factor of their rank."""
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
    picture = None
    if with_images:
        try:
            file = context.domain.images_root / str(article["image_file"])
            picture = thumbnail(file, str(article["image_hash"]), SMALL, context.workspace.cache)
        except (ImageError, OSError):
            picture = None
    return Card(str(article["article_id"]), shown, ranks, picture)
