"""A ground truth that is put into the test set of a domain."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from core.data.domain import IMAGE_COLUMNS, Domain
from core.data.import_audit import FallBackUse
from core.data.importers.ground_truth import GroundTruth, match_article_ids
from core.data.importers.images.gallery_names import NamedImages, images_named
from core.errors import InputError, shortened


@dataclass(frozen=True)
class Judged:
    """A domain with its ground truth. articles, known: of the test set, all and those whose image is known now.

    unknown_articles, unknown_images: names of the ground truth that the test set does not have. ambiguous_images: why
    a name means no image, for each that fits several. fall_backs: looser spellings that were needed.
    """

    domain: Domain
    articles: int
    known: int
    unknown_articles: list[str]
    unknown_images: list[str]
    ambiguous_images: list[str]
    fall_backs: tuple[FallBackUse, ...]


def judge(domain: Domain, truth: GroundTruth) -> Judged:
    """Put the ground truth into a domain's test set; what was known before is forgotten.

    Raises InputError: the domain has no test set of two lists, nothing of it is in the ground truth, or an article has
    several images of it.
    """
    if domain.test_pictures is None:
        raise InputError(
            f"domain '{domain.info.slug}' has no test set that came as two lists; import one with --test-articles."
        )
    articles = domain.articles.copy()
    test = articles["split"] == "test"
    ids = articles.loc[test, "article_id"]
    truth = match_article_ids(truth, ids)
    named = images_named(truth.names, domain.test_pictures, truth.in_files)
    known = ids.map(_one_each(truth, named.ids)).fillna("")
    if not (known != "").any():
        raise _nothing_fits(domain, ids, truth, named)
    pictures = domain.test_pictures.set_index("image_id")
    articles.loc[test, "image_id"] = known
    for column in IMAGE_COLUMNS[1:]:
        articles.loc[test, column] = known.map(pictures[column]).fillna("")
    return Judged(
        replace(domain, articles=articles),
        len(ids),
        int((known != "").sum()),
        sorted(truth.images.keys() - set(ids)),
        sorted(set(truth.names) - named.ids.keys() - named.ambiguous.keys()),
        list(named.ambiguous.values()),
        named.fall_backs,
    )


def _one_each(truth: GroundTruth, ids: Mapping[str, str]) -> dict[str, str]:
    """Return article → id of its image. Raises InputError for an article that has several in the test set."""
    known: dict[str, str] = {}
    for article_id, names in truth.images.items():
        images = list(dict.fromkeys(ids[name] for name in names if name in ids))
        if len(images) > 1:
            line = truth.lines[article_id]
            raise InputError(
                f"{truth.file}, line {line}: article {shortened(article_id)} has two images; expected one."
            )
        if images:
            known[article_id] = images[0]
    return known


def _nothing_fits(domain: Domain, ids: pd.Series, truth: GroundTruth, named: NamedImages) -> InputError:
    """Return the error that names one article and one image of either side, and which of the two do not match."""
    articles_fit = not truth.images.keys().isdisjoint(ids)
    if articles_fit and named.ids:
        which = "its articles and its images are of the test set, but no article that is has an image that is"
    elif articles_fit:
        which = "its articles are of the test set, its images are not"
    elif named.ids:
        which = "its images are of the test set, its articles are not"
    else:
        which = "neither its articles nor its images are of the test set"
    unsure = next(iter(named.ambiguous.values()), "")
    article, images = next((article, names) for article, names in truth.images.items() if names)
    pictures = domain.test_pictures
    own = pictures["image_id"].iloc[0] if pictures is not None else ""
    return InputError(
        f"the ground truth knows none of the {len(ids)} test articles of '{domain.info.slug}' with an image of the "
        f"test set: {which}{f' ({unsure})' if unsure else ''}. It has article {shortened(article)} with image "
        f"{shortened(images[0])}; the test set has article {shortened(ids.iloc[0])} and image {shortened(own)}."
    )


def mismatch_warnings(judged: Judged) -> list[str]:
    """What of a ground truth does not fit the test set or needed a fall-back, in sentences."""
    odd = {
        "articles of the ground truth are not in the test set": judged.unknown_articles,
        "images of the ground truth are not in the test set": judged.unknown_images,
        "images of the ground truth could be several of the test set": judged.ambiguous_images,
    }
    sentences = [f"ground truth: {len(ids)} {what}, such as {ids[0]}." for what, ids in odd.items() if ids]
    return sentences + fall_back_sentences(judged.fall_backs, "ground truth")


def fall_back_sentences(fall_backs: tuple[FallBackUse, ...], source: str) -> list[str]:
    """Return a sentence for each looser spelling by which names of `source` were found."""
    return [
        f"{source}: {use.rows} image names were found by a fall-back ({use.how}), such as {'; '.join(use.examples)}."
        for use in fall_backs
    ]
