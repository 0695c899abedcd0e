"""From a SourceTable to a Domain: find and decode every image, leave out unusable rows and report why.

Rows are dropped as a whole, never single cells, so that each article keeps its image.
"""

import shutil
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from core.data.dates import DateColumn, read_dates
from core.data.domain import COLUMNS, Domain, DomainInfo, save_domain
from core.data.image_ids import id_for_each_image, shared_ids
from core.data.images.decoding import ImageError
from core.data.import_audit import ImportAudit, save_audit
from core.data.importers.auditing import audit_of
from core.data.importers.images.find_images import check_images, image_names, not_found, notes_on_formats, pair_images
from core.data.importers.images.image_folder import ImageFolder
from core.data.importers.source_table import LISTING_COLUMNS, ImportChoices, SourceTable
from core.data.importers.split_choice import choose_split
from core.data.language import STATED, languages_of
from core.data.text_cleaning import clean
from core.data.time_split import time_order
from core.errors import InputError, shortened
from core.progress import progress
from core.storage.disk_errors import disk_errors_for
from core.storage.files import atomic_write, write_text
from core.storage.safe_csv import spreadsheet_csv

MIN_PAIRS = 20
DUPLICATE = "duplicate id"


@dataclass(frozen=True)
class ImportResult:
    """The result of an import. left_out: reason → number of rows. notes: sentences for the user.

    report: one row for each row left out: file, line, article_id, image (the names tried), reason, detail.
    unread: other tables in the source.
    """

    domain: Domain
    listed: int
    left_out: dict[str, int]
    notes: list[str]
    report: pd.DataFrame
    audit: ImportAudit
    unread: tuple[Path, ...] = ()


def build_domain(
    listing: SourceTable,
    folder: Path,
    title: str,
    language: str | None,
    images: Path | None,
    copy_images: bool,
    choices: ImportChoices,
) -> ImportResult:
    """Check every row of `listing` and make a domain of it in `folder`; `save_import` writes it.

    language: for articles without one. images: the folder of the images, if it is not the default of the format.
    Raises InputError: fewer than 20 usable pairs, or no image found.
    """
    available = ImageFolder(images or listing.images)
    root = available.root
    articles = listing.articles.reset_index(drop=True)
    names = image_names(listing)
    paired = pair_images(listing, available)
    if paired.files.isna().all():
        raise not_found(listing, names, [available], paired.reasons)
    articles["tried"] = names.apply(lambda row: ", ".join(dict.fromkeys(filter(None, row))), axis=1)
    articles["image_file"], articles["_how"], articles["_named"] = paired.files, paired.how, paired.cells
    dates = read_dates(articles["published_at"], choices.dates)
    reasons = _reasons(articles, paired.reasons, root)
    usable = articles[reasons == ""].reset_index(drop=True)
    left_out = dict(Counter(reasons[reasons != ""].str.split(":").str[0]))
    if len(usable) < MIN_PAIRS:
        counts = ", ".join(f"{count} {reason}" for reason, count in left_out.items()) or "nothing"
        raise InputError(
            f"{listing.source} has {len(usable)} usable pairs, but at least {MIN_PAIRS} are needed; left out: {counts}."
            f"{''.join(f' {note}' for note in notes_on_formats(reasons))}"
        )
    with disk_errors_for(folder):
        folder.mkdir(parents=True, exist_ok=True)
    if copy_images:
        copy_image_files(usable["image_file"], root, folder / "images")
    notes = [*listing.notes, *_notes_on_dates(dates, listing), *_notes_on_ids(reasons), *notes_on_formats(reasons)]
    parts = _Usable(usable, dates.only(reasons == ""), listing, choices)
    where = "images" if copy_images else str(root.resolve())
    domain, audit, more = _domain(parts, folder, title, language, where)
    report = dropped_rows(articles, reasons)
    return ImportResult(domain, len(articles), left_out, [*notes, *more], report, audit, listing.unread)


def _reasons(articles: pd.DataFrame, unpaired: pd.Series, root: Path) -> pd.Series:
    """Return why each row is unusable, "" if usable; fills the column image_hash. unpaired: why it has no image."""
    has_text = (articles["title"].map(clean) + articles["text"].map(clean)) != ""
    reasons = unpaired.where(articles["image_file"].isna(), "")
    reasons[articles["image_file"].isna() & (reasons == "")] = "no image named"
    reasons[~has_text] = "no text"
    reasons[articles["article_id"].str.strip() == ""] = "no id"
    # Only among usable rows: if the first of two articles with one id has no image, the second is used.
    candidates = articles[reasons == ""]
    again = candidates[candidates["article_id"].duplicated()]
    reasons[again.index] = _what_repeats(again, candidates)

    candidates = articles[reasons == ""]
    hashes = pd.Series("", index=articles.index, dtype=object)
    for row, checked in zip(candidates.index, check_images([root / f for f in candidates["image_file"]]), strict=True):
        if isinstance(checked, ImageError):
            reasons[row] = f"undecodable image: {checked}"
        else:
            hashes[row] = checked
    articles["image_hash"] = hashes
    return reasons


def _what_repeats(again: pd.DataFrame, candidates: pd.DataFrame) -> pd.Series:
    """Return, for each row with the id of an earlier row, how it differs from the first row with this id."""
    first = candidates.drop_duplicates("article_id").set_index("article_id").loc[again["article_id"]]
    differs = again[["title", "text", "image_file"]].to_numpy() != first[["title", "text", "image_file"]].to_numpy()
    details = []
    for title, text, image in differs:
        parts = [*(["another text"] if title or text else []), *(["another image"] if image else [])]
        details.append(f"{DUPLICATE}: {'with ' + ' and '.join(parts) if parts else 'the same article again'}")
    return pd.Series(details, index=again.index, dtype=object)


def _notes_on_ids(reasons: pd.Series) -> list[str]:
    """Return a sentence about rows that share an id, if any."""
    again = reasons[reasons.str.startswith(DUPLICATE)]
    if again.empty:
        return []
    images, texts = (int(again.str.contains(what).sum()) for what in ("another image", "another text"))
    return [
        f"ids: {len(again)} rows repeat the id of an earlier row ({images} with another image, {texts} with another "
        "text); the first row of each id is used."
    ]


def _notes_on_dates(dates: DateColumn, listing: SourceTable) -> list[str]:
    column = listing.roles.get("date", "published_at")
    if dates.read_as:
        return [
            f"dates: column {column} contains numbers, which were read as {dates.read_as}. If that is wrong, write "
            "them as dates."
        ]
    if not dates.assumed:
        return []
    other = "--month-first" if dates.day_order == "day first" else "--day-first"
    return [
        f"dates: all dates in column {column} could be day first or month first; they were read {dates.day_order}. If "
        f"that is wrong, import again with {other}."
    ]


def dropped_rows(rows: pd.DataFrame, reasons: pd.Series) -> pd.DataFrame:
    """Return the rows left out (reason is not "") in the columns of import-report.csv."""
    report = rows.loc[reasons != "", ["file", "line", "article_id", "tried"]].rename(columns={"tried": "image"})
    parts = [reason.partition(": ") for reason in reasons[reasons != ""]]
    report["reason"] = [reason for reason, _, _ in parts]
    report["detail"] = [detail for _, _, detail in parts]
    return report


def save_import(result: ImportResult) -> None:
    """Write the report of rows left out and the audit, then the domain."""
    write_text(result.domain.folder / "import-report.csv", spreadsheet_csv(result.report))
    save_audit(result.audit, result.domain.folder)
    save_domain(result.domain)


def copy_image_files(files: pd.Series, root: Path, to: Path) -> None:
    """Copy `files` from `root` to the same relative paths in `to`."""
    for file in progress(sorted(set(files)), "Copying images"):
        with atomic_write(to / file) as temporary:
            shutil.copyfile(root / file, temporary)


@dataclass(frozen=True)
class _Usable:
    """Usable rows with their dates, and the settings of the import."""

    rows: pd.DataFrame
    dates: DateColumn
    listing: SourceTable
    choices: ImportChoices


def _domain(
    usable: _Usable, folder: Path, title: str, language: str | None, images: str
) -> tuple[Domain, ImportAudit, list[str]]:
    listing, choices, dates = usable.listing, usable.choices, usable.dates
    rows = usable.rows.copy()
    in_time = time_order(rows["article_id"], dates, listing.roles.get("date", "published_at"))
    notes = [f"order in time: by {in_time.by} ({in_time.note})."] if in_time.note else []
    split = choose_split(rows, in_time.order, choices)
    rows["published_at"] = dates.times
    if "split" in rows:
        rows["split_stated"] = rows["split"]
    rows["split"] = split.splits
    rows["image_id"], about_ids = _image_ids(rows)
    rows = rows.iloc[in_time.order].reset_index(drop=True)
    languages = languages_of(rows["title"].tolist(), rows["text"].tolist(), rows["language"].tolist(), language)
    rows[STATED], rows["language"] = rows["language"], languages.of
    rows["planted"] = rows.get("planted", "")
    dropped = {*COLUMNS, *LISTING_COLUMNS, "tried", "_how", "_named"} - {"image_url"}
    extra = [name for name in rows if name not in dropped and (rows[name] != "").any()]
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
        options=choices.options(),
        split_from=split.source,
    )
    notes += [*about_ids, *split.notes, *languages.notes()]
    audit = audit_of(rows, listing, split, choices)
    return Domain(info, folder, rows[[*COLUMNS, *extra]]), audit, notes


def _image_ids(rows: pd.DataFrame) -> tuple[pd.Series, list[str]]:
    """Return one id per image: the given id, unless files with other contents share it; copies of a file are one."""
    given = rows["image_id"]
    shared = shared_ids(given, rows["image_file"])
    copies = shared & ~shared_ids(given, rows["image_hash"])
    rows.loc[copies, "image_file"] = given[copies].map(
        rows[copies].drop_duplicates("image_id").set_index("image_id")["image_file"]
    )
    shared &= ~copies
    ids = id_for_each_image(given, rows["image_file"])
    if not shared.any():
        return ids, []
    example = given[shared].iloc[0]
    return ids, [
        f"image ids: different files share {given[shared].nunique()} ids, such as {shortened(example)}; their "
        f"{int(shared.sum())} rows use the name of the file as id instead."
    ]
