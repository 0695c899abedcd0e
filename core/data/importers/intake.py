"""From a Listing to a Domain: find and decode every picture, leave out what cannot be used and say why.

Each article keeps its own picture whatever happens to its neighbours: rows are dropped whole, never cells.
"""

import shutil
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from core.data.domain import COLUMNS, Domain, DomainInfo, save_domain
from core.data.importers.listing import LISTING_COLUMNS, Listing
from core.data.importers.pictures import ImageFolder, check_images, find_pictures, image_names, not_found
from core.data.language import STATED, languages_of
from core.data.pixels import ImageError
from core.data.splitting import split_in_time, time_order
from core.data.text import clean
from core.disk import writing
from core.errors import InputError
from core.files import replacing, write_text
from core.progress import progress
from core.spreadsheet import spreadsheet_csv

MIN_PAIRS = 20


@dataclass(frozen=True)
class Intake:
    """What an import did. left_out: reason → number of rows. notes: sentences worth reading.

    report: one row for each row left out: file, line, article_id, image (the names tried), reason, detail.
    """

    domain: Domain
    listed: int
    left_out: dict[str, int]
    notes: list[str]
    report: pd.DataFrame


def take_in(
    listing: Listing, folder: Path, title: str, language: str | None, images: Path | None, copy_images: bool
) -> Intake:
    """Check every row of `listing` and make a domain of it in `folder`; `save_intake` writes it.

    language: of the articles that do not say theirs. images: where the pictures lie, if not where the format
    says. Raises InputError: fewer than 20 usable pairs, no picture found at all.
    """
    available = ImageFolder(images or listing.images)
    root = available.root
    articles = listing.articles.reset_index(drop=True)
    names = image_names(listing)
    articles["image_file"] = find_pictures(names, available)
    if articles["image_file"].isna().all():
        raise not_found(listing, names, [available])
    articles["tried"] = names.apply(lambda row: ", ".join(dict.fromkeys(filter(None, row))), axis=1)
    reasons = _reasons(articles, root)
    usable = articles[reasons == ""].reset_index(drop=True)
    left_out = dict(Counter(reasons[reasons != ""].str.split(":").str[0]))
    if len(usable) < MIN_PAIRS:
        counts = ", ".join(f"{count} {reason}" for reason, count in left_out.items()) or "nothing"
        raise InputError(
            f"{len(usable)} usable pairs in {listing.source}, at least {MIN_PAIRS} are needed; left out: {counts}."
        )
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    if copy_images:
        copy_pictures(usable["image_file"], root, folder / "images")
    domain, notes = _domain(usable, listing, folder, title, language, "images" if copy_images else str(root.resolve()))
    return Intake(domain, len(articles), left_out, [*listing.notes, *notes], report_rows(articles, reasons))


def _reasons(articles: pd.DataFrame, root: Path) -> pd.Series:
    """Why each row cannot be used, "" if it can; fills the column image_hash."""
    has_text = (articles["title"].map(clean) + articles["text"].map(clean)) != ""
    reasons = pd.Series("", index=articles.index, dtype=object)
    reasons[articles["image_file"].isna()] = "image not found: " + articles["tried"]
    reasons[articles["tried"] == ""] = "no image named"
    reasons[~has_text] = "no text"
    reasons[articles["article_id"].str.strip() == ""] = "no id"
    # Only among usable rows: the second of two articles with one id is kept when the first has no picture.
    candidates = articles[reasons == ""]
    reasons[candidates.index[candidates["article_id"].duplicated()]] = "duplicate id"

    candidates = articles[reasons == ""]
    hashes = pd.Series("", index=articles.index, dtype=object)
    for row, checked in zip(candidates.index, check_images([root / f for f in candidates["image_file"]]), strict=True):
        if isinstance(checked, ImageError):
            reasons[row] = f"undecodable image: {checked}"
        else:
            hashes[row] = checked
    articles["image_hash"] = hashes
    return reasons


def report_rows(rows: pd.DataFrame, reasons: pd.Series) -> pd.DataFrame:
    """The rows of a listing that were left out (their reason is not ""), as they stand in import-report.csv."""
    report = rows.loc[reasons != "", ["file", "line", "article_id", "tried"]].rename(columns={"tried": "image"})
    parts = [reason.partition(": ") for reason in reasons[reasons != ""]]
    report["reason"] = [reason for reason, _, _ in parts]
    report["detail"] = [detail for _, _, detail in parts]
    return report


def save_intake(intake: Intake) -> None:
    """Write the report of what was left out, then the domain."""
    write_text(intake.domain.folder / "import-report.csv", spreadsheet_csv(intake.report))
    save_domain(intake.domain)


def copy_pictures(files: pd.Series, root: Path, to: Path) -> None:
    """Copy each of `files` from below `root` to the same path below `to`."""
    for file in progress(sorted(set(files)), "Copying pictures"):
        with replacing(to / file) as temporary:
            shutil.copyfile(root / file, temporary)


def _domain(
    usable: pd.DataFrame, listing: Listing, folder: Path, title: str, language: str | None, images: str
) -> tuple[Domain, list[str]]:
    notes = []
    dates = usable["published_at"] if (usable["published_at"] != "").any() else None
    in_time = time_order(usable["article_id"], dates)
    if in_time.note:
        notes.append(f"order in time: by {in_time.by} ({in_time.note}).")
    usable["split"] = split_in_time(in_time.order)
    usable = usable.iloc[in_time.order].reset_index(drop=True)
    languages = languages_of(usable["title"].tolist(), usable["text"].tolist(), usable["language"].tolist(), language)
    notes += languages.notes()
    usable[STATED], usable["language"] = usable["language"], languages.of
    usable["published_at"] = pd.to_datetime(usable["published_at"], utc=True, errors="coerce", format="mixed")
    stem = usable["image_file"].str.rsplit(".", n=1).str[0]
    usable["image_id"] = usable["image_id"].where(usable["image_id"] != "", stem)
    usable["planted"] = usable.get("planted", "")
    dropped = {*COLUMNS, *LISTING_COLUMNS, "tried"} - {"image_url"}
    extra = [name for name in usable if name not in dropped and (usable[name] != "").any()]
    info = DomainInfo(
        slug=folder.name,
        title=title,
        language=languages.main,
        images=images,
        split_by=in_time.by,
        synthetic=False,
        source=str(listing.source.resolve()),
        created_at=datetime.now(UTC).isoformat(timespec="microseconds"),
        columns=listing.named,
    )
    return Domain(info, folder, usable[[*COLUMNS, *extra]]), notes
