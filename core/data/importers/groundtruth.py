"""Which picture belongs to which article of a test set, as the organisers give it out after the runs are in."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from core.data.domain import PICTURE_COLUMNS, Domain
from core.data.importers.delimited import SUFFIXES, first_cells, read_delimited, suffix_of
from core.errors import InputError, listed, shortened
from core.memory import enough_memory_for

ARTICLE_NAMES = ("articleid", "article_id", "article", "id")
IMAGE_NAMES = ("iid", "image_id", "imageid", "image")
_SCRAMBLED = re.compile("[0-9]{10}")


def read_ground_truth(file: Path) -> dict[str, str]:
    """Article id → image id, from a release's own table or from two columns, with or without a header line.

    Raises InputError: no such columns, none filled, or an article with two pictures.
    """
    if suffix_of(file) not in SUFFIXES or not file.is_file():
        state = "is no .tsv, .csv or .txt file" if file.exists() else "does not exist"
        raise InputError(f"the ground truth {file} {state}; expected a table of article and image ids.")
    with enough_memory_for(file):
        cells = first_cells(file)
        headless = len(cells) == 2 and cells[0].isdigit()
        pairs = read_delimited(file, ["article", "image"] if headless else None).frame
    by_lower = {str(name).lower(): name for name in pairs.columns}
    article = next((by_lower[name] for name in ARTICLE_NAMES if name in by_lower), None)
    image = next((by_lower[name] for name in IMAGE_NAMES if name in by_lower), None)
    if article is not None and image is not None:
        pairs = pairs[[article, image]]
    elif len(pairs.columns) != 2:
        raise InputError(
            f"{file} has no ground truth: looked for columns of the article ({', '.join(ARTICLE_NAMES)}) and of the "
            f"image ({', '.join(IMAGE_NAMES)}), or two columns; found {listed(pairs.columns) or 'nothing'}."
        )
    return _unambiguous(pairs, file)


def _unambiguous(pairs: pd.DataFrame, file: Path) -> dict[str, str]:
    truth: dict[str, str] = {}
    for line, article_id, image_id in pairs.itertuples(name=None):
        article_id, image_id = article_id.strip(), image_id.strip()
        if not (article_id and image_id):
            continue
        if truth.setdefault(article_id, image_id) != image_id:
            raise InputError(f"{file}, line {line}: article {shortened(article_id)} has two images; expected one.")
    if not truth:
        raise InputError(f"{file} pairs no article with an image; is it a list of the test set, without its truth?")
    return truth


def real_id(article_id: str) -> str:
    """The article's own id behind one that the test lists of 2019 scrambled; any other as it is."""
    return article_id[6:10] + article_id[1:6] if _SCRAMBLED.fullmatch(article_id) else article_id


def in_ids_of(truth: dict[str, str], article_ids: Iterable[str]) -> dict[str, str]:
    """The ground truth under the ids that a test list or run uses: as they are, or where none fits, scrambled."""
    listed = list(article_ids)
    if any(article_id in truth for article_id in listed):
        return truth
    scrambled = {real_id(article_id): article_id for article_id in listed}
    return {scrambled.get(article_id, article_id): image_id for article_id, image_id in truth.items()}


@dataclass(frozen=True)
class Judged:
    """A domain with its ground truth. articles, known: of the test set, all and those whose picture is known now.

    unknown_articles, unknown_images: ids of the ground truth that the test set does not have.
    """

    domain: Domain
    articles: int
    known: int
    unknown_articles: list[str]
    unknown_images: list[str]


def judge(domain: Domain, truth: dict[str, str]) -> Judged:
    """Put the ground truth into a domain's test set; what was known before is forgotten.

    Raises InputError: the domain has no test set of two lists, or nothing of it is in the ground truth.
    """
    if domain.test_pictures is None:
        raise InputError(
            f"domain '{domain.info.slug}' has no test set that came as two lists; import one with --test-articles."
        )
    articles = domain.articles.copy()
    test = articles["split"] == "test"
    ids = articles.loc[test, "article_id"]
    truth = in_ids_of(truth, ids)
    pictures = domain.test_pictures.set_index("image_id")
    wanted = ids.map(truth).fillna("")
    known = wanted.where(wanted.isin(pictures.index), "")
    if not known.any():
        raise InputError(
            f"the ground truth knows none of the {len(ids)} test articles of '{domain.info.slug}' with a picture of "
            f"the test set: it has articles such as {shortened(next(iter(truth)))}, the test set such as "
            f"{shortened(ids.iloc[0])}."
        )
    articles.loc[test, "image_id"] = known
    for column in PICTURE_COLUMNS[1:]:
        articles.loc[test, column] = known.map(pictures[column]).fillna("")
    return Judged(
        replace(domain, articles=articles),
        len(ids),
        int((known != "").sum()),
        sorted(truth.keys() - set(ids)),
        sorted(set(truth.values()) - set(pictures.index)),
    )


def odd_truth(judged: Judged) -> list[str]:
    """What of a ground truth does not fit the test set, in sentences."""
    odd = {
        "articles of the ground truth are not in the test set": judged.unknown_articles,
        "images of the ground truth are not in the test set": judged.unknown_images,
    }
    return [f"ground truth: {len(ids)} {what}, such as {ids[0]}." for what, ids in odd.items() if ids]
