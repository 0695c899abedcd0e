"""Scores of a run file against the ground truth, as the task's organisers compute them.

MRR@100 and recalls are means over all articles of the ground truth, including those missing from the run. Only the
first 100 images of a list count. An article with several right images has the rank of the best one, so that recall@k
equals Success@k of ir_measures, and MRR@100 its RR@100.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from core.evaluation.metrics import DEPTH, metrics_of, table_metrics
from core.retrieval.run_file import LENGTH, Submission


@dataclass(frozen=True)
class Score:
    """Metrics and problems of a run file.

    metrics: name → value over the `n` articles of the ground truth. mean_rank: over the `found` articles, None if there
    are none. several: number of articles with more than one right image. none_right: number of articles without a right
    image, which count as not found. The other fields list problems: articles missing from the run, unknown articles and
    images, articles with several lines (the first counts), with a repeated image or with fewer than 100 images, and the
    number of skipped lines.
    """

    n: int
    metrics: dict[str, float]
    found: int
    mean_rank: float | None
    several: int
    none_right: int
    missing_articles: list[str]
    unknown_articles: list[str]
    repeated_articles: list[str]
    unknown_images: list[str]
    repeated_images: list[str]
    short_lines: list[str]
    skipped_lines: int


def score(run: Submission, truth: Mapping[str, tuple[str, ...]], gallery: Collection[str] | None = None) -> Score:
    """Score a run. truth: article → its right images, at least one article.

    gallery: all images of the test set, if known. Without it, an image is unknown if no article of the ground truth has
    it.
    """
    ranks = np.array([_rank(run.lists.get(article_id, []), images) for article_id, images in truth.items()])
    found = ranks[ranks <= DEPTH]
    by_name = metrics_of(ranks)
    metrics = {name: by_name[name] for name in table_metrics()}
    known = set(gallery) if gallery is not None else {image for images in truth.values() for image in images}
    lists = run.lists.items()
    return Score(
        n=len(truth),
        metrics=metrics,
        found=len(found),
        mean_rank=float(found.mean()) if len(found) else None,
        several=sum(len(set(images)) > 1 for images in truth.values()),
        none_right=sum(not images for images in truth.values()),
        missing_articles=[article_id for article_id in truth if article_id not in run.lists],
        unknown_articles=[article_id for article_id in run.lists if article_id not in truth],
        repeated_articles=list(dict.fromkeys(run.repeated)),
        unknown_images=sorted({image for _, images in lists for image in images} - known),
        repeated_images=[article_id for article_id, images in lists if len(set(images)) < len(images)],
        short_lines=[article_id for article_id, images in lists if len(images) < LENGTH],
        skipped_lines=run.skipped,
    )


def _rank(images: list[str], right: tuple[str, ...]) -> int:
    """Return the place of the best right image, from 1; DEPTH + 1 if none is listed."""
    return next((place for place, image in enumerate(images, start=1) if image in right), DEPTH + 1)
