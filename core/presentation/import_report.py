"""Report of an import in sentences and as a table of left-out rows, for the command line and the Data page."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from core.data.domain import Domain, DomainInfo
from core.errors import InputError
from core.retrieval.run_file import LENGTH
from core.storage.safe_csv import restored

TEST_IMAGE = "test image"  # prefix of reasons about an image of the test set instead of an article
REPORT_COLUMNS = ("line", "article_id", "image", "reason", "detail")


@dataclass(frozen=True)
class ImportReport:
    """Result of an import. rows: one per row left out (REPORT_COLUMNS). left_out: reason → number of rows."""

    listed: int
    usable: int
    left_out: dict[str, int]
    rows: pd.DataFrame


def report_file(domain: Domain) -> Path:
    """Return the file that lists the rows left out by the import of a domain."""
    return domain.folder / "import-report.csv"


def read_report(domain: Domain) -> ImportReport | None:
    """Read the report of a domain's import; None for a domain without an import, such as the demo.

    Raises InputError if the file is damaged.
    """
    file = report_file(domain)
    if not file.exists():
        return None
    try:
        rows = pd.read_csv(file, dtype=str, keep_default_na=False).map(restored)
    except (OSError, ValueError) as error:
        raise InputError(f"The import report {file} cannot be read ({error}). Import the domain again.") from None
    missing = [column for column in REPORT_COLUMNS if column not in rows]
    if missing:
        raise InputError(f"The import report {file} lacks the columns {', '.join(missing)}. Import the domain again.")
    left_out = {str(reason): int(count) for reason, count in rows["reason"].value_counts().items()}
    usable = len(domain.articles)
    listed = usable + sum(count for reason, count in left_out.items() if not reason.startswith(TEST_IMAGE))
    return ImportReport(listed, usable, left_out, rows)


def import_sentences(domain: Domain, left_out: Mapping[str, int]) -> list[str]:
    """Return sentences on the imported and left-out articles, their split and their languages."""
    info, usable = domain.info, len(domain.articles)
    of_articles = {reason: count for reason, count in left_out.items() if not reason.startswith(TEST_IMAGE)}
    reasons = ", ".join(f"{count} {reason}" for reason, count in of_articles.items()) or "none"
    splits = ", ".join(f"{split} {count}" for split, count in domain.articles["split"].value_counts().items())
    english = ", with an English version" if domain.has_english and info.language != "en" else ""
    counts = domain.articles["language"].value_counts()
    by_language = ", ".join(f"{language} {count}" for language, count in counts.items())
    return [
        f"{usable} of {usable + sum(of_articles.values())} articles imported as '{info.slug}'; left out: {reasons}.",
        f"{how_split(info)}: {splits}.",
        f"language: {info.language}{english}; articles by language: {by_language}.",
        *about_test_set(domain, left_out),
    ]


def how_split(info: DomainInfo) -> str:
    """Return in words how a domain is split: in time, and by which column, or by a column of its table."""
    if info.split_from == "time":
        return f"split in time by {info.split_by}"
    return f"split by the column {info.split_from} of the table, in time by {info.split_by}"


def about_test_set(domain: Domain, left_out: Mapping[str, int]) -> list[str]:
    """Return sentences on the gallery of a test set that consists of two lists, if there is one."""
    if domain.test_images is None:
        return []
    count = len(domain.test_images)
    lost = ", ".join(f"{n} {reason}" for reason, n in left_out.items() if reason.startswith(TEST_IMAGE))
    judged, test = len(domain.labelled("test")), int((domain.articles["split"] == "test").sum())
    sentences = [
        f"test set: {test} articles, {count} images{f' (left out: {lost})' if lost else ''}; ground truth known "
        f"for {judged or 'none'}."
    ]
    if count < LENGTH:
        sentences.append(f"warning: the test set has only {count} images, so lists are shorter than {LENGTH}.")
    return sentences
