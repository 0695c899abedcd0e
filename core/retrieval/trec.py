"""Runs of TREC (`core.data.qrels`: its ground truths).

A run has a line for each image of an article's list, ``article Q0 image rank score tag``. Reading follows trec_eval:
the order is that of the scores, and of equal scores the later name comes first; the rank in the line does not count.
"""

import math
from collections.abc import Sequence
from pathlib import Path

from core.data.qrels import field_of, write_fields
from core.errors import InputError, shortened

_FIELDS = 6


def looks_like_trec(lines: Sequence[str]) -> bool:
    """Return whether the first line has the six fields of a TREC run, ``Q0`` being the second."""
    fields = lines[0].split() if lines else []
    return len(fields) == _FIELDS and fields[1].upper() == "Q0"


def read_trec(lines: Sequence[str], what: str) -> dict[str, list[str]]:
    """Read a run: article → its images, best first. Raises InputError naming the first line that is of another form."""
    scored: dict[str, dict[str, float]] = {}
    for number, line in enumerate(lines, start=1):
        fields = line.split()
        score = _number(fields[4]) if len(fields) == _FIELDS and fields[1].upper() == "Q0" else math.nan
        if math.isnan(score):
            raise InputError(
                f"{what} is a TREC run, but line {number} is no line of one: {shortened(line)}; expected "
                f"'article Q0 image rank score tag'."
            )
        article, image = fields[0], fields[2]
        if image in scored.setdefault(article, {}):
            raise InputError(f"{what}: line {number} lists image {shortened(image)} of {shortened(article)} again.")
        scored[article][image] = score
    return {article: by_score(images) for article, images in scored.items()}


def by_score(images: dict[str, float]) -> list[str]:
    """Return images in the order of trec_eval: the highest score first, of equal ones the later name."""
    names_first = sorted(images, reverse=True)
    return sorted(names_first, key=lambda image: -images[image])


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def write_trec(path: Path, article_ids: Sequence[str], best_images: Sequence[Sequence[str]], tag: str) -> int:
    """Write a run, the score of a place being its negative, and return how many images each article has.

    Raises InputError for an id with a blank, which would be two fields.
    """
    write_fields(
        path,
        (
            (field_of(article), "Q0", field_of(image), str(place), str(-place), tag)
            for article, images in zip(article_ids, best_images, strict=True)
            for place, image in enumerate(images, start=1)
        ),
    )
    return min((len(images) for images in best_images), default=0)
