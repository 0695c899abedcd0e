"""Conversion of a run's image names to the names in the ground truth."""

from collections.abc import Collection
from dataclasses import dataclass, replace

import pandas as pd

from core.data.importers.images.gallery_names import NamedImages, images_alike, images_named
from core.errors import InputError, shortened
from core.retrieval.run_file import Submission


@dataclass(frozen=True)
class NamedRun:
    """A run with the image names of the ground truth.

    known: number of its images in the ground truth or gallery. renamed: the run's name → name there, if they differ.
    ambiguous: an explanation for each name that fits several images.
    """

    run: Submission
    known: int
    renamed: dict[str, str]
    ambiguous: list[str]


def under_names_of(run: Submission, images: Collection[str], gallery: pd.DataFrame | None = None) -> NamedRun:
    """Rename the images of a run to the names in the ground truth.

    images: all names in the ground truth. gallery: image_id and image_file of all images, if known; then the ids are
    the names. Raises InputError if the gallery has none of the run's images.
    """
    names = list(dict.fromkeys(image for found in run.lists.values() for image in found))
    named = images_alike(names, images) if gallery is None else images_named(names, gallery)
    if gallery is not None and names and not named.ids:
        raise InputError(
            f"the gallery has none of the {len(names)} images of the run: the run has images such as "
            f"{shortened(names[0])}, the gallery such as {shortened(gallery['image_id'].iloc[0])}. Check that the run "
            f"belongs to this data set."
        )
    return _rename(run, named)


def _rename(run: Submission, named: NamedImages) -> NamedRun:
    lists = {article: [named.ids.get(image, image) for image in images] for article, images in run.lists.items()}
    renamed = {name: image for name, image in named.ids.items() if name != image}
    return NamedRun(replace(run, lists=lists), len(named.ids), renamed, list(named.ambiguous.values()))


def check_articles(run: Submission, articles: Collection[str]) -> None:
    """Raise InputError, with an example id of each, if no article of the run is in the ground truth."""
    if not run.lists.keys() & set(articles):
        in_run, in_truth = next(iter(run.lists)), next(iter(articles))
        raise InputError(
            f"the ground truth has none of the {len(run.lists)} articles of the run among its {len(articles)}: the run "
            f"has articles such as {shortened(in_run)}, the ground truth such as {shortened(in_truth)}. Check that the "
            f"run belongs to this data set."
        )
