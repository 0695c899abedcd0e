"""Application of a ground truth to the test set of a domain."""

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
    """A domain with its ground truth. articles, known: number of test articles, and of those with a known image.

    unknown_articles, unknown_images: names in the ground truth that the test set lacks. ambiguous_images: a reason for
    each name that matches several images. fall_backs: looser spellings that were needed.
    """

    domain: Domain
    articles: int
    known: int
    unknown_articles: list[str]
    unknown_images: list[str]
    ambiguous_images: list[str]
    fall_backs: tuple[FallBackUse, ...]


def judge(domain: Domain, truth: GroundTruth) -> Judged:
    """Apply the ground truth to a domain's test set, replacing an earlier one.

    Raises InputError: the domain has no test set of two lists, nothing matches the ground truth, or an article has
    several images in the test set.
    """
    if domain.test_images is None:
        raise InputError(f"domain '{domain.info.slug}' has no test set of two lists; import one with --test-articles.")
    articles = domain.articles.copy()
    test = articles["split"] == "test"
    ids = articles.loc[test, "article_id"]
    truth = match_article_ids(truth, ids)
    named = images_named(truth.names, domain.test_images, truth.in_files)
    known = ids.map(_one_each(truth, named.ids)).fillna("")
    if not (known != "").any():
        raise _nothing_fits(domain, ids, truth, named)
    images = domain.test_images.set_index("image_id")
    articles.loc[test, "image_id"] = known
    for column in IMAGE_COLUMNS[1:]:
        articles.loc[test, column] = known.map(images[column]).fillna("")
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
    """Return article → id of its image. Raises InputError for an article with several images in the test set."""
    known: dict[str, str] = {}
    for article_id, names in truth.images.items():
        images = list(dict.fromkeys(ids[name] for name in names if name in ids))
        if len(images) > 1:
            line = truth.lines[article_id]
            raise InputError(
                f"{truth.file}, line {line}: article {shortened(article_id)} has two images; keep only one."
            )
        if images:
            known[article_id] = images[0]
    return known


def _nothing_fits(domain: Domain, ids: pd.Series, truth: GroundTruth, named: NamedImages) -> InputError:
    """Return the error that quotes an article and an image of both sides, and names what does not match."""
    articles_fit = not truth.images.keys().isdisjoint(ids)
    if articles_fit and named.ids:
        which = "some articles and some images match, but no matching article has a matching image"
    elif articles_fit:
        which = "its articles match, but its images do not"
    elif named.ids:
        which = "its images match, but its articles do not"
    else:
        which = "neither its articles nor its images match"
    unsure = next(iter(named.ambiguous.values()), "")
    article, images = next((article, names) for article, names in truth.images.items() if names)
    test_images = domain.test_images
    example = test_images["image_id"].iloc[0] if test_images is not None else ""
    return InputError(
        f"the ground truth pairs none of the {len(ids)} test articles of '{domain.info.slug}' with an image of the "
        f"test set: {which}{f' ({unsure})' if unsure else ''}. It has article {shortened(article)} with image "
        f"{shortened(images[0])}; the test set has article {shortened(ids.iloc[0])} and image {shortened(example)}. "
        "Check that both belong together."
    )


def mismatch_warnings(judged: Judged) -> list[str]:
    """Return sentences about names in the ground truth that do not match the test set or needed a fall-back."""
    mismatches = {
        "articles of the ground truth are not in the test set": judged.unknown_articles,
        "images of the ground truth are not in the test set": judged.unknown_images,
        "images of the ground truth match several images of the test set": judged.ambiguous_images,
    }
    sentences = [f"ground truth: {len(ids)} {what}, such as {ids[0]}." for what, ids in mismatches.items() if ids]
    return sentences + fall_back_sentences(judged.fall_backs, "ground truth")


def fall_back_sentences(fall_backs: tuple[FallBackUse, ...], source: str) -> list[str]:
    """Return a sentence for each looser spelling that names in `source` needed."""
    return [
        f"{source}: {use.rows} image names needed a fall-back ({use.how}), such as {'; '.join(use.examples)}."
        for use in fall_backs
    ]
