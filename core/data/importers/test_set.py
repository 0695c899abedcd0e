"""Import of a test set: articles and images as two lists without ground truth, possibly of different length.

Ids stay as listed, scrambled or not, since a submission uses them.
"""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from core.data.dates import read_dates
from core.data.domain import COLUMNS, IMAGE_COLUMNS, Domain
from core.data.image_ids import id_for_each_image, shared_ids
from core.data.images.decoding import ImageError
from core.data.import_audit import FallBackUse, fall_back_uses, merged_uses, split_spans
from core.data.importers.build_domain import ImportResult, copy_image_files, dropped_rows
from core.data.importers.containers import zip_source
from core.data.importers.ground_truth import read_ground_truth
from core.data.importers.images.find_images import check_images, image_names, not_found, notes_on_formats, pair_images
from core.data.importers.images.image_folder import ImageFolder
from core.data.importers.judging import judge, mismatch_warnings
from core.data.importers.readers import read_articles, read_images
from core.data.importers.source_table import ImportChoices, SourceTable
from core.data.text_cleaning import clean
from core.errors import InputError, shortened


@dataclass(frozen=True)
class TestSet:
    """The files of a test set. images: the list of images; None: in the folder (or file) of the articles.

    Lists may be ZIPs. encoding: of all files; None: detect it. unpacked: the folder with unpacked ZIPs; None before.
    """

    __test__ = False  # else pytest collects the class because of its name

    articles: Path
    images: Path | None = None
    ground_truth: Path | None = None
    encoding: str | None = None
    unpacked: Path | None = None

    @property
    def is_packed(self) -> bool:
        """Return True if a list is a ZIP, whose images must be copied."""
        return any(zip_source.recognises(path) for path in (self.articles, self.images) if path is not None)


def named_test_set(
    articles: Path | None, images: Path | None, ground_truth: Path | None, encoding: str | None = None
) -> TestSet | None:
    """Return the test set of these files; None if none is given. Raises InputError: articles are missing."""
    if articles is not None:
        return TestSet(articles, images, ground_truth, encoding)
    if images is not None or ground_truth is not None:
        raise InputError("--test-images and --ground-truth need a test set; add its articles with --test-articles.")
    return None


def unpack_test_lists(test: TestSet, folder: Path) -> TestSet:
    """Unpack lists that are ZIPs into separate folders in `folder`. Raises InputError as `unpack_lists`."""

    def unpacked(path: Path, name: str) -> Path:
        return zip_source.unpack_lists(path, folder / name) if zip_source.recognises(path) else path

    images = unpacked(test.images, "images") if test.images is not None else None
    return replace(test, articles=unpacked(test.articles, "articles"), images=images, unpacked=folder)


def check_lists(test: TestSet) -> None:
    """Raise InputError, before any image is decoded, if a list or the ground truth is unreadable.

    ZIPs are checked during unpacking.
    """
    if not zip_source.recognises(test.articles):
        read_articles(test.articles, test.encoding)
    images = test.images or test.articles
    if not zip_source.recognises(images):
        read_images(images, test.encoding)
    if test.ground_truth is not None:
        read_ground_truth(test.ground_truth, test.encoding)


def add_test_set(
    result: ImportResult, test: TestSet, images: Path | None, copy_images: bool, choices: ImportChoices
) -> ImportResult:
    """Add the test set to a domain that was just imported.

    images: the folder of the images; test images are also searched in the folder of their list. Raises InputError: a
    list is unreadable, none of its images exists, an article has an id of the training set, or the training table
    already has a test split.
    """
    if (result.domain.articles["split"] == "test").any():
        raise InputError(
            f"column {result.domain.info.split_from} of the table already has test articles; import it without "
            "--test-articles, or add --ignore-split."
        )
    listed_articles = read_articles(test.articles, test.encoding)
    articles, left_articles = _articles(listed_articles, result.domain, choices)
    listed = read_images(test.images or test.articles, test.encoding)
    roots = [images or listed.images, listed.images, *filter(None, [test.unpacked])]
    test_images, left_images, fall_backs = _images(listed, result.domain, roots, copy_images)
    domain = replace(
        result.domain,
        articles=pd.concat([result.domain.articles, articles], ignore_index=True),
        test_images=test_images,
    )
    notes = [*result.notes, *listed_articles.notes, *listed.notes, *notes_on_formats(left_images["detail"])]
    report = pd.concat([result.report, left_articles, left_images], ignore_index=True)
    if test.ground_truth is not None:
        judged = judge(domain, read_ground_truth(test.ground_truth, test.encoding))
        domain = judged.domain
        notes += mismatch_warnings(judged)
    audit = replace(
        result.audit,
        spans=split_spans(domain.articles),
        fall_backs=merged_uses([*result.audit.fall_backs, *fall_backs]),
    )
    listed_rows = result.listed + len(listed_articles.articles)
    left_out = {str(reason): int(count) for reason, count in Counter(report["reason"]).items()}
    read = {table.path.resolve() for table in (*listed_articles.files, *listed.files)}
    read |= {test.ground_truth.resolve()} if test.ground_truth else set()
    return replace(
        result, domain=domain, listed=listed_rows, left_out=left_out, notes=notes, report=report, audit=audit,
        unread=tuple(file for file in result.unread if file.resolve() not in read),
    )  # fmt: skip


def _articles(listing: SourceTable, domain: Domain, choices: ImportChoices) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the test articles in the columns of the domain's table, and the rows left out."""
    rows = listing.articles.assign(tried="")
    reasons = pd.Series("", index=rows.index, dtype=object)
    reasons[rows["article_id"].duplicated()] = "duplicate id: test"
    reasons[(rows["title"].map(clean) + rows["text"].map(clean)) == ""] = "no text: test"
    reasons[rows["article_id"].str.strip() == ""] = "no id: test"
    articles = rows[reasons == ""].reset_index(drop=True)
    also_trained = sorted(set(articles["article_id"]) & set(domain.articles["article_id"]))
    if also_trained:
        raise InputError(
            f"{len(also_trained)} of {len(articles)} articles in {listing.source} have an id that is also in the "
            f"training table, such as {shortened(also_trained[0])}. Check that it is not the same file."
        )
    articles["language"] = articles["language"].where(articles["language"] != "", domain.info.language)
    articles["published_at"] = read_dates(articles["published_at"], choices.dates).times
    articles = articles.assign(split="test", planted="", **dict.fromkeys(IMAGE_COLUMNS, ""))
    names = [*COLUMNS, *(name for name in domain.articles if name not in COLUMNS)]
    return articles.reindex(columns=names).fillna(dict.fromkeys(names[len(COLUMNS) :], "")), dropped_rows(rows, reasons)


def _images(
    listing: SourceTable, domain: Domain, roots: Sequence[Path], copy_images: bool
) -> tuple[pd.DataFrame, pd.DataFrame, tuple[FallBackUse, ...]]:
    """Return the test images (IMAGE_COLUMNS), the rows left out, and the fall-backs that the others needed."""
    folders = [ImageFolder(root) for root in dict.fromkeys(roots)]
    names = image_names(listing)
    looked = [(folder, pair_images(listing, folder)) for folder in folders]
    folder, paired = max(looked, key=lambda pair: pair[1].files.notna().sum())
    found = paired.files
    if found.isna().all():
        raise not_found(listing, names, folders, paired.reasons)
    tried = names.apply(lambda row: ", ".join(dict.fromkeys(filter(None, row))), axis=1)
    rows = listing.articles.assign(tried=tried, image_file=found)
    reasons = ("test image " + paired.reasons.str.removeprefix("image ")).where(found.isna(), "")
    reasons[found.isna() & (rows["tried"] == "")] = "test image not named"
    existing = rows[found.notna()]
    unsure = existing.index[shared_ids(existing["image_id"], existing["image_file"])]
    reasons[unsure] = "test image id is shared by different files"
    existing = existing.drop(unsure)
    rows.loc[existing.index, "image_id"] = id_for_each_image(existing["image_id"], existing["image_file"])
    candidates = rows[reasons == ""]
    reasons[candidates.index[candidates["image_id"].duplicated()]] = "test image twice"
    candidates = rows[reasons == ""]
    hashes = dict[int, str]()
    paths = [folder.root / file for file in candidates["image_file"]]
    for row, checked in zip(candidates.index, check_images(paths), strict=True):
        if isinstance(checked, ImageError):
            reasons[row] = f"test image undecodable: {checked}"
        else:
            hashes[row] = checked
    usable = rows[reasons == ""].assign(image_hash=pd.Series(hashes, dtype=object))
    fall_backs = fall_back_uses(paired.how[usable.index], paired.cells[usable.index], usable["image_file"])
    if copy_images:
        copy_image_files(usable["image_file"], folder.root, domain.folder / "images" / "test")
        usable["image_file"] = "test/" + usable["image_file"]
    elif folder.root.resolve() != domain.images_root:
        usable["image_file"] = [os.fspath(folder.root.resolve() / file) for file in usable["image_file"]]
    return usable[list(IMAGE_COLUMNS)].reset_index(drop=True), dropped_rows(rows, reasons), fall_backs
