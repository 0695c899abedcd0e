"""TREC run files (`core.data.qrels` has TREC's ground truths).

A run has a line for each image of an article's list, ``article Q0 image rank score tag``. Reading follows trec_eval:
images are sorted by score, ties by name in descending order; the rank in the line is ignored.
"""

import math
from collections.abc import Sequence
from pathlib import Path

from core.data.qrels import field_of, write_fields
from core.errors import InputError, shortened

_FIELDS = 6


def looks_like_trec(lines: Sequence[str]) -> bool:
    """Return whether the first line has the six fields of a TREC run, ``Q0`` as the second."""
    fields = lines[0].split() if lines else []
    return len(fields) == _FIELDS and fields[1].upper() == "Q0"


def read_trec(lines: Sequence[str], what: str) -> dict[str, list[str]]:
    """Read a run: article → its images, best first. Raises InputError naming the first line that is not TREC's."""
    scored: dict[str, dict[str, float]] = {}
    for number, line in enumerate(lines, start=1):
        fields = line.split()
        score = _number(fields[4]) if len(fields) == _FIELDS and fields[1].upper() == "Q0" else math.nan
        if math.isnan(score):
            raise InputError(
                f"{what} cannot be read as a TREC run: line {number} is {shortened(line)}. Write "
                f"'article Q0 image rank score tag'."
            )
        article, image = fields[0], fields[2]
        if image in scored.setdefault(article, {}):
            raise InputError(
                f"{what}: line {number} repeats image {shortened(image)} of article {shortened(article)}. "
                f"Keep one of the lines."
            )
        scored[article][image] = score
    return {article: by_score(images) for article, images in scored.items()}


def by_score(images: dict[str, float]) -> list[str]:
    """Sort images as trec_eval does: by score, highest first, ties by name in descending order."""
    names_first = sorted(images, reverse=True)
    return sorted(names_first, key=lambda image: -images[image])


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def write_trec(path: Path, article_ids: Sequence[str], best_images: Sequence[Sequence[str]], tag: str) -> int:
    """Write a run with the negative rank as score; return the number of images of each article.

    Raises InputError for an id with a space, which TREC files do not allow.
    """
    write_fields(
        path,
        (
            (field_of(article), "Q0", field_of(image), str(rank), str(-rank), tag)
            for article, images in zip(article_ids, best_images, strict=True)
            for rank, image in enumerate(images, start=1)
        ),
    )
    return min((len(images) for images in best_images), default=0)
