"""Preview of an import (--dry-run): reads the table and looks for the images, but decodes and writes nothing."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from core.data.dates import DateChoices, read_dates
from core.data.importers.containers import zip_source
from core.data.importers.images.find_images import Pairing, image_names, pair_images
from core.data.importers.images.image_folder import ImageFolder
from core.data.importers.options import SourceOptions
from core.data.importers.readers import holds_images, read_source
from core.data.importers.source_table import ColumnNames, unread_notes
from core.data.text_cleaning import clean
from core.data.time_split import TimeOrder, time_order
from core.errors import InputError


@dataclass(frozen=True)
class DescribedFile:
    """A file of the source."""

    name: str
    encoding: str
    rows: int
    columns: list[str]


@dataclass(frozen=True)
class Description:
    """The preview of an import. columns: role → the file's column. ignored: columns without a role.

    sample: the first article under Rematch's column names. looked_in: the folder of the images, with their number in
    the next field; by: column → example of a name to look for; found: number of articles whose image exists.
    first_date, last_date: of the articles, None without dates; order: the source of the order in time.
    """

    format: str
    files: list[DescribedFile]
    columns: dict[str, str]
    ignored: list[str]
    articles: int
    with_text: int
    with_english: int
    sample: dict[str, str]
    looked_in: str
    pictures: int
    by: dict[str, str]
    found: int
    first_date: str | None
    last_date: str | None
    order: str
    notes: list[str]


def describe(
    source: Path,
    columns: ColumnNames,
    images: Path | None,
    choices: DateChoices = DateChoices(),
    options: SourceOptions = SourceOptions(),
) -> Description:
    """Describe `source`. Raises InputError: the errors of `read_source`, a missing image folder, or a ZIP."""
    if zip_source.recognises(source):
        raise InputError(
            f"{source.name} is a ZIP, which --dry-run does not unpack; unpack it and name the folder instead."
        )
    listing = read_source(source, columns, options)
    articles, names = listing.articles, image_names(listing)
    folder = ImageFolder(images or listing.images)
    inside = images is None and holds_images(source)
    column = read_dates(articles["published_at"], choices)
    dates = column.times.dropna()
    in_time = time_order(articles["article_id"], column, listing.roles.get("date", "published_at"))
    paired = pair_images(listing, folder)
    taken = set(listing.roles.values())
    every = list(dict.fromkeys(str(name) for file in listing.files for name in file.frame.columns))
    first = articles.iloc[0] if len(articles) else pd.Series(dtype=object)
    return Description(
        format=listing.format,
        files=[
            DescribedFile(file.path.name, file.encoding, len(file.frame), [str(name) for name in file.frame.columns])
            for file in listing.files
        ],
        columns=listing.roles,
        ignored=[name for name in every if name not in taken],
        articles=len(articles),
        with_text=int(((articles["title"].map(clean) + articles["text"].map(clean)) != "").sum()),
        with_english=int(((articles["title_en"] + articles["text_en"]).str.strip() != "").sum()),
        sample={str(name): str(value) for name, value in first.items() if str(value)},
        looked_in=f"{source.name}, which contains the images" if inside else str(folder.root),
        pictures=len(set(names.to_numpy().ravel()) - {""}) if inside else len(folder),
        by={
            listing.roles[role]: next(filter(None, names[role]), "")
            for role in listing.image_columns
            if role in listing.roles
        },
        found=int(((names != "").any(axis=1) if inside else paired.files.notna()).sum()),
        first_date=dates.min().isoformat() if len(dates) else None,
        last_date=dates.max().isoformat() if len(dates) else None,
        order=in_time.by,
        notes=[*listing.notes, *unread_notes(listing.unread), *_notes(in_time, paired)],
    )


def _notes(in_time: TimeOrder, paired: Pairing) -> list[str]:
    """Return sentences about the order in time, names that need a fall-back, and images not found."""
    fell_back, missing = (
        paired.how.dropna().value_counts(),
        paired.reasons[paired.files.isna() & (paired.reasons != "")],
    )
    return [
        *([f"order in time: {in_time.note}."] if in_time.note else []),
        *(f"names: {count} images need a fall-back ({how})." for how, count in fell_back.items()),
        *([f"names: {len(missing)} images were not found, such as: {missing.iloc[0]}."] if len(missing) else []),
    ]
