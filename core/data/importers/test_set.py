"""A test set: articles and images as two lists that nobody has paired, of different length where the task is hard.

Ids stay as they are listed, scrambled or not, since a run is handed in under them.
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
from core.data.importers.build_domain import ImportResult, copy_pictures, dropped_rows
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
    """Where it is. images: the list of images; None: in the folder (or file) of the articles. Lists may be ZIPs.

    encoding: of all its files, None: detect it. unpacked: where ZIPs were unpacked; None before that.
    """

    __test__ = False  # for pytest, which takes it for a test by its name

    articles: Path
    images: Path | None = None
    ground_truth: Path | None = None
    encoding: str | None = None
    unpacked: Path | None = None

    @property
    def is_packed(self) -> bool:
        """True if a list is a ZIP, whose images are to be copied."""
        return any(zip_source.recognises(path) for path in (self.articles, self.images) if path is not None)


def named_test_set(
    articles: Path | None, images: Path | None, ground_truth: Path | None, encoding: str | None = None
) -> TestSet | None:
    """The test set of these files; None if none is named. Raises InputError: others without the list of articles."""
    if articles is not None:
        return TestSet(articles, images, ground_truth, encoding)
    if images is not None or ground_truth is not None:
        raise InputError("--test-images and --ground-truth belong to a test set; name its articles: --test-articles.")
    return None


def unpacked_lists(test: TestSet, folder: Path) -> TestSet:
    """Unpack the lists that are ZIPs below `folder`, each by itself. Raises InputError as `unpack_lists`."""

    def unpacked(path: Path, name: str) -> Path:
        return zip_source.unpack_lists(path, folder / name) if zip_source.recognises(path) else path

    images = unpacked(test.images, "images") if test.images is not None else None
    return replace(test, articles=unpacked(test.articles, "articles"), images=images, unpacked=folder)


def check_lists(test: TestSet) -> None:
    """Raise InputError, before any image is looked at, if a list or the ground truth cannot be read.

    ZIPs are checked when they are unpacked.
    """
    if not zip_source.recognises(test.articles):
        read_articles(test.articles, test.encoding)
    images = test.images or test.articles
    if not zip_source.recognises(images):
        read_images(images, test.encoding)
    if test.ground_truth is not None:
        read_ground_truth(test.ground_truth, test.encoding)


def add_test_set(
    intake: ImportResult, test: TestSet, images: Path | None, copy_images: bool, choices: ImportChoices
) -> ImportResult:
    """Add the test set to a domain that was just taken in.

    images: where images lie; its own are looked for beside their list, too. Raises InputError: a list cannot be
    read, none of its images is there, an article has an id of the training set, or the training table has a test
    split of its own.
    """
    if (intake.domain.articles["split"] == "test").any():
        raise InputError(
            f"column {intake.domain.info.split_from} of the table has test articles of its own; import it without "
            "--test-articles, or add --ignore-split."
        )
    listed_articles = read_articles(test.articles, test.encoding)
    articles, left_articles = _articles(listed_articles, intake.domain, choices)
    listed = read_images(test.images or test.articles, test.encoding)
    roots = [images or listed.images, listed.images, *filter(None, [test.unpacked])]
    pictures, left_images, fall_backs = _images(listed, intake.domain, roots, copy_images)
    domain = replace(
        intake.domain,
        articles=pd.concat([intake.domain.articles, articles], ignore_index=True),
        test_pictures=pictures,
    )
    notes = [*intake.notes, *listed_articles.notes, *listed.notes, *notes_on_formats(left_images["detail"])]
    report = pd.concat([intake.report, left_articles, left_images], ignore_index=True)
    if test.ground_truth is not None:
        judged = judge(domain, read_ground_truth(test.ground_truth, test.encoding))
        domain = judged.domain
        notes += mismatch_warnings(judged)
    audit = replace(
        intake.audit,
        spans=split_spans(domain.articles),
        fall_backs=merged_uses([*intake.audit.fall_backs, *fall_backs]),
    )
    intake_listed = intake.listed + len(listed_articles.articles)
    left_out = {str(reason): int(count) for reason, count in Counter(report["reason"]).items()}
    read = {table.path.resolve() for table in (*listed_articles.files, *listed.files)}
    read |= {test.ground_truth.resolve()} if test.ground_truth else set()
    return replace(
        intake, domain=domain, listed=intake_listed, left_out=left_out, notes=notes, report=report, audit=audit,
        unread=tuple(file for file in intake.unread if file.resolve() not in read),
    )  # fmt: skip


def _articles(listing: SourceTable, domain: Domain, choices: ImportChoices) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The test articles in the columns of the domain's table, and the rows left out."""
    rows = listing.articles.assign(tried="")
    reasons = pd.Series("", index=rows.index, dtype=object)
    reasons[rows["article_id"].duplicated()] = "duplicate id: test"
    reasons[(rows["title"].map(clean) + rows["text"].map(clean)) == ""] = "no text: test"
    reasons[rows["article_id"].str.strip() == ""] = "no id: test"
    articles = rows[reasons == ""].reset_index(drop=True)
    also_trained = sorted(set(articles["article_id"]) & set(domain.articles["article_id"]))
    if also_trained:
        raise InputError(
            f"{len(also_trained)} of {len(articles)} articles in {listing.source} have an id that the training "
            f"table has too, such as {shortened(also_trained[0])}; expected other articles. Is it the same file?"
        )
    articles["language"] = articles["language"].where(articles["language"] != "", domain.info.language)
    articles["published_at"] = read_dates(articles["published_at"], choices.dates).times
    articles = articles.assign(split="test", planted="", **dict.fromkeys(IMAGE_COLUMNS, ""))
    kept = [*COLUMNS, *(name for name in domain.articles if name not in COLUMNS)]
    return articles.reindex(columns=kept).fillna(dict.fromkeys(kept[len(COLUMNS) :], "")), dropped_rows(rows, reasons)


def _images(
    listing: SourceTable, domain: Domain, roots: Sequence[Path], copy_images: bool
) -> tuple[pd.DataFrame, pd.DataFrame, tuple[FallBackUse, ...]]:
    """The test images (IMAGE_COLUMNS), the rows left out, and how the others were found where a name fell back."""
    folders = [ImageFolder(root) for root in dict.fromkeys(roots)]
    names = image_names(listing)
    looked = [(folder, pair_images(listing, folder)) for folder in folders]
    folder, paired = max(looked, key=lambda each: each[1].files.notna().sum())
    found = paired.files
    if found.isna().all():
        raise not_found(listing, names, folders, paired.reasons)
    tried = names.apply(lambda row: ", ".join(dict.fromkeys(filter(None, row))), axis=1)
    rows = listing.articles.assign(tried=tried, image_file=found)
    reasons = ("test image " + paired.reasons.str.removeprefix("image ")).where(found.isna(), "")
    reasons[found.isna() & (rows["tried"] == "")] = "test image not named"
    there = rows[found.notna()]
    unsure = there.index[shared_ids(there["image_id"], there["image_file"])]
    reasons[unsure] = "test image id is shared by different files"
    there = there.drop(unsure)
    rows.loc[there.index, "image_id"] = id_for_each_image(there["image_id"], there["image_file"])
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
        copy_pictures(usable["image_file"], folder.root, domain.folder / "images" / "test")
        usable["image_file"] = "test/" + usable["image_file"]
    elif folder.root.resolve() != domain.images_root:
        usable["image_file"] = [os.fspath(folder.root.resolve() / file) for file in usable["image_file"]]
    return usable[list(IMAGE_COLUMNS)].reset_index(drop=True), dropped_rows(rows, reasons), fall_backs
