"""What every importer hands on: the articles as listed, before anyone has looked at an image."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, fields
from pathlib import Path

import pandas as pd

from core.data.dates import DateChoices
from core.data.time_split import SplitGroups
from core.errors import InputError, listed

MAX_COLUMNS = 1_000


@dataclass(frozen=True)
class ColumnNames:
    """Which column of a table holds what, where the user says so; None: look for a usual name."""

    id: str | None = None
    title: str | None = None
    text: str | None = None
    title_en: str | None = None
    text_en: str | None = None
    image: str | None = None
    language: str | None = None
    date: str | None = None
    url: str | None = None

    def given(self) -> dict[str, str]:
        """The ones the user named, as role → column."""
        return {field.name: name for field in fields(self) if (name := getattr(self, field.name)) is not None}

    def options(self) -> dict[str, str]:
        """The same by the options of `import`, as `title-en-column` → column."""
        return {f"{role.replace('_', '-')}-column": name for role, name in self.given().items()}


@dataclass(frozen=True)
class ImportChoices:
    """What the user decides about an import beside the columns.

    dates: how they are read. split_groups: what is kept on one side of a split in time. own_split: whether a column
    `split` of the table is used.
    """

    dates: DateChoices = field(default_factory=DateChoices)
    split_groups: SplitGroups = "image"
    own_split: bool = True

    def options(self) -> list[str]:
        """The options of `import` that say the same; none for what it does anyway."""
        dates = self.dates
        chosen = [f"--date-format={dates.date_format}"] if dates.date_format is not None else []
        chosen += [f"--{dates.day_order.replace(' ', '-')}"] if dates.day_order is not None else []
        chosen += [f"--split-groups={self.split_groups}"] if self.split_groups != "image" else []
        return chosen + ([] if self.own_split else ["--ignore-split"])


@dataclass(frozen=True)
class TableFile:
    """One file as it was read. encoding: in words; frame: str cells, rows labelled by their line of the file.

    A cell that is a list, as of several captions, is a tuple of str. notes: sentences worth reading.
    """

    path: Path
    encoding: str
    frame: pd.DataFrame
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class SourceTable:
    """Articles as their files list them, one row each, nothing left out yet.

    articles: the str columns LISTING_COLUMNS (`line` is an int), and the files' other columns as they are. Missing
    cells are "". A list of images alone has the same columns, all about articles empty.
    image_columns: which of its columns an image is looked for by, in this order. images: where it is looked for if
    the user does not say. roles: what was taken for what, as role → the file's column; named: those of them that the
    user had to name. files: what was read; unread: tables beside them that were not. notes: sentences worth reading.
    several_images: rows that name more than one image, of which the first counts.
    """

    format: str
    articles: pd.DataFrame
    images: Path
    source: Path
    image_columns: tuple[str, ...]
    roles: dict[str, str]
    files: tuple[TableFile, ...]
    notes: tuple[str, ...] = ()
    named: dict[str, str] = field(default_factory=dict)
    unread: tuple[Path, ...] = ()
    several_images: int = 0


def about_unread(files: Iterable[Path]) -> list[str]:
    """Return the sentence about tables that were not read, and what they are for; none if there are none."""
    names = sorted({file.name for file in files})
    return [f"not read: {listed(names)}; a test set goes with --test-articles and --test-images."] if names else []


LISTING_COLUMNS = (
    "article_id", "title", "text", "title_en", "text_en", "language", "published_at", "url",
    "image", "image_id", "image_url", "file", "line",
)  # fmt: skip


def check_columns(names: Collection[str], file: Path, unique: bool = True) -> None:
    """Raise InputError for more than MAX_COLUMNS, or (with `unique`) a name that comes twice."""
    if len(names) > MAX_COLUMNS:
        raise InputError(f"{file} has {len(names):,} columns, at most {MAX_COLUMNS:,} are read; leave out the others.")
    twice = sorted(str(name) for name, count in Counter(names).items() if count > 1)
    if twice and unique:
        raise InputError(f"{file} has two columns named {listed(twice)}; give each its own name.")
