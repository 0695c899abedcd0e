"""From a Listing to a Domain: find and decode every picture, leave out what cannot be used and say why.

Each article keeps its own picture whatever happens to its neighbours: rows are dropped whole, never cells.
"""

import shutil
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from core.data.domain import COLUMNS, Domain, DomainInfo, save_domain
from core.data.importers.listing import LISTING_COLUMNS, Listing
from core.data.language import STATED, languages_of
from core.data.pixels import SUFFIXES, ImageError, open_image
from core.data.splitting import split_in_time, time_order
from core.data.text import clean
from core.errors import InputError
from core.files import file_fingerprint, replacing
from core.progress import progress

MIN_PAIRS = 20


@dataclass(frozen=True)
class Intake:
    """What an import did. left_out: reason → number of rows. notes: sentences worth reading."""

    domain: Domain
    listed: int
    left_out: dict[str, int]
    notes: list[str]


class ImageFolder:
    """The pictures in and below a folder, found by relative path, file name or name without ending.

    Only files that are really below the folder are listed, so no cell of a table can point outside it.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.by_name: dict[str, str] = {}
        for path in sorted(root.rglob("*")):
            if path.suffix.lower() in SUFFIXES and path.is_file() and self._is_inside(path):
                relative = path.relative_to(root).as_posix()
                for name in (path.stem, path.name, relative):
                    self.by_name.setdefault(name.lower(), relative)
                self.by_name[relative.lower()] = relative  # the full path outranks another file's bare name

    def _is_inside(self, path: Path) -> bool:
        return not path.is_symlink() or path.resolve().is_relative_to(self.root.resolve())

    def find(self, name: str) -> str | None:
        """The relative path of the picture called `name`, or None."""
        name = name.strip().replace("\\", "/").removeprefix("./").lower()
        return self.by_name.get(name) or self.by_name.get(name.rsplit("/", 1)[-1])


def take_in(
    listing: Listing, folder: Path, title: str, language: str | None, images: Path | None, copy_images: bool
) -> Intake:
    """Check every row of `listing` and write the domain into `folder`.

    language: of the articles that do not say theirs. images: where the pictures lie, if not where the format
    says. Raises InputError: fewer than 20 usable pairs, no picture found at all.
    """
    root = images or listing.images
    if not root.is_dir():
        raise InputError(f"the image folder {root} does not exist; name it with --images DIR.")
    articles = listing.articles.reset_index(drop=True)
    available = ImageFolder(root)
    found = [available.find(name) if name.strip() else None for name in articles["image"]]
    if not any(found):
        endings = ", ".join(sorted(SUFFIXES))
        example = next((name for name in articles["image"] if name.strip()), "")
        raise InputError(
            f"no picture found for any of {len(articles)} articles: looked in and below {root} for names such as "
            f"'{example}' with or without one of {endings}; the folder has {len(set(available.by_name.values()))} "
            f"pictures. Name the right folder with --images DIR, or the right column with --image-column."
        )
    articles["image_file"] = found
    reasons = _reasons(articles, root)
    usable = articles[reasons == ""].reset_index(drop=True)
    left_out = dict(Counter(reasons[reasons != ""].str.split(":").str[0]))
    if len(usable) < MIN_PAIRS:
        counts = ", ".join(f"{count} {reason}" for reason, count in left_out.items()) or "nothing"
        raise InputError(
            f"{len(usable)} usable pairs in {listing.source}, at least {MIN_PAIRS} are needed; left out: {counts}."
        )
    folder.mkdir(parents=True, exist_ok=True)
    _write_report(articles, reasons, folder / "import-report.csv")
    if copy_images:
        _copy(usable["image_file"], root, folder / "images")
    domain, notes = _domain(usable, listing, folder, title, language, "images" if copy_images else str(root.resolve()))
    save_domain(domain)
    return Intake(domain, len(articles), left_out, notes)


def _reasons(articles: pd.DataFrame, root: Path) -> pd.Series:
    """Why each row cannot be used, "" if it can; fills the column image_hash."""
    has_text = (articles["title"].map(clean) + articles["text"].map(clean)) != ""
    reasons = pd.Series("", index=articles.index, dtype=object)
    reasons[articles["image_file"].isna()] = "image not found: " + articles["image"]
    reasons[articles["image"].str.strip() == ""] = "no image named"
    reasons[~has_text] = "no text"
    reasons[articles["article_id"].str.strip() == ""] = "no id"
    # Only among usable rows: the second of two articles with one id is kept when the first has no picture.
    candidates = articles[reasons == ""]
    reasons[candidates.index[candidates["article_id"].duplicated()]] = "duplicate id"

    candidates = articles[reasons == ""]
    hashes = pd.Series("", index=articles.index, dtype=object)
    for row, checked in zip(candidates.index, _check_images([root / f for f in candidates["image_file"]]), strict=True):
        if isinstance(checked, ImageError):
            reasons[row] = f"undecodable image: {checked}"
        else:
            hashes[row] = checked
    articles["image_hash"] = hashes
    return reasons


def _check_images(paths: list[Path]) -> Iterator[str | ImageError]:
    """Yield each file's content hash, or why it cannot be decoded, in order."""

    def check(path: Path) -> str | ImageError:
        try:
            open_image(path)
            return file_fingerprint(path)
        except ImageError as error:
            return error
        except OSError as error:
            return ImageError(f"cannot be read ({type(error).__name__})")

    with ThreadPoolExecutor(max_workers=2) as pool:
        yield from progress(pool.map(check, paths), "Decoding pictures", total=len(paths))


def _write_report(articles: pd.DataFrame, reasons: pd.Series, path: Path) -> None:
    report = articles.loc[reasons != "", ["line", "article_id", "image"]].copy()
    parts = [reason.partition(": ") for reason in reasons[reasons != ""]]
    report["reason"] = [reason for reason, _, _ in parts]
    report["detail"] = [detail for _, _, detail in parts]
    with replacing(path) as temporary:
        report.to_csv(temporary, index=False)


def _copy(files: pd.Series, root: Path, to: Path) -> None:
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
    usable["image_id"] = usable["image_id"].where(usable["image_id"] != "", stem) if "image_id" in usable else stem
    usable["planted"] = usable.get("planted", "")
    extra = [name for name in usable if name not in COLUMNS and name not in LISTING_COLUMNS]
    info = DomainInfo(
        slug=folder.name,
        title=title,
        language=languages.main,
        images=images,
        split_by=in_time.by,
        synthetic=False,
        source=str(listing.source.resolve()),
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    return Domain(info, folder, usable[[*COLUMNS, *extra]]), notes
