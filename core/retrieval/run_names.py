"""A run under the names of the ground truth that it is scored by."""

from collections.abc import Collection
from dataclasses import dataclass, replace

import pandas as pd

from core.data.importers.images.gallery_names import NamedImages, images_alike, images_named
from core.errors import InputError, shortened
from core.retrieval.run_file import Submission


@dataclass(frozen=True)
class NamedRun:
    """A run with its images called as the ground truth calls them.

    known: how many of its images the ground truth (or the gallery) has. renamed: own name → name there, where they
    differ. ambiguous: why a name means no image, for each that fits several.
    """

    run: Submission
    known: int
    renamed: dict[str, str]
    ambiguous: list[str]


def under_names_of(run: Submission, images: Collection[str], gallery: pd.DataFrame | None = None) -> NamedRun:
    """Call the images of a run by the names of the ground truth.

    images: all names in the ground truth. gallery: image_id and image_file of all images, where they are known; then
    these ids are the names. Raises InputError if the gallery has none of the run's images.
    """
    own = list(dict.fromkeys(image for found in run.lists.values() for image in found))
    named = images_alike(own, images) if gallery is None else images_named(own, gallery)
    if gallery is not None and own and not named.ids:
        raise InputError(
            f"the gallery has none of the {len(own)} images of the run: the run has images such as "
            f"{shortened(own[0])}, the gallery such as {shortened(gallery['image_id'].iloc[0])}. Is it a run of "
            f"another set?"
        )
    return _renamed(run, named)


def _renamed(run: Submission, named: NamedImages) -> NamedRun:
    lists = {article: [named.ids.get(image, image) for image in images] for article, images in run.lists.items()}
    renamed = {name: image for name, image in named.ids.items() if name != image}
    return NamedRun(replace(run, lists=lists), len(named.ids), renamed, list(named.ambiguous.values()))


def check_articles(run: Submission, articles: Collection[str]) -> None:
    """Raise InputError, which shows one id of either side, if no article of the run is in the ground truth."""
    if not run.lists.keys() & set(articles):
        own, other = next(iter(run.lists)), next(iter(articles))
        raise InputError(
            f"none of the {len(run.lists)} articles of the run is one of the {len(articles)} of the ground truth: the "
            f"run has articles such as {shortened(own)}, the ground truth such as {shortened(other)}. Is it a run of "
            f"another set?"
        )
