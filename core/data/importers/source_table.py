"""SourceTable, the result of every reader: the articles as listed in the source, before images are checked."""

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
    """Column names given by the user, by role; None: look for a known name."""

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
        """Return the columns named by the user, as role → column."""
        return {field.name: name for field in fields(self) if (name := getattr(self, field.name)) is not None}

    def options(self) -> dict[str, str]:
        """Return the same as options of `import`: `title-en-column` → column."""
        return {f"{role.replace('_', '-')}-column": name for role, name in self.given().items()}


@dataclass(frozen=True)
class ImportChoices:
    """The user's settings of an import, in addition to the columns.

    dates: how to read them. split_groups: which articles a split in time must not separate. own_split: whether to use
    a column `split` of the table.
    """

    dates: DateChoices = field(default_factory=DateChoices)
    split_groups: SplitGroups = "image"
    own_split: bool = True

    def options(self) -> list[str]:
        """Return the equivalent options of `import`, without defaults."""
        dates = self.dates
        chosen = [f"--date-format={dates.date_format}"] if dates.date_format is not None else []
        chosen += [f"--{dates.day_order.replace(' ', '-')}"] if dates.day_order is not None else []
        chosen += [f"--split-groups={self.split_groups}"] if self.split_groups != "image" else []
        return chosen + ([] if self.own_split else ["--ignore-split"])


@dataclass(frozen=True)
class TableFile:
    """A file of a source. encoding: in words; frame: str cells, rows labelled by their line in the file.

    A list, such as several captions, is a tuple of str. notes: sentences for the user.
    """

    path: Path
    encoding: str
    frame: pd.DataFrame
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class SourceTable:
    """Articles as listed in the source files, one row each, before any are left out.

    articles: the str columns LISTING_COLUMNS (`line` is an int), and the other columns of the files. Missing cells are
    "". A list of images has the same columns, with empty cells about articles.
    image_columns: columns that name the image, in the order of the search. images: the default folder of the images.
    roles: role → the file's column; named: those that the user named. files: the files read; unread: other tables in
    the source. notes: sentences for the user. several_images: rows that name more than one image, of which the first
    is used.
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


def unread_notes(files: Iterable[Path]) -> list[str]:
    """Return a sentence about tables that were not read, if any."""
    names = sorted({file.name for file in files})
    return [f"not read: {listed(names)}; import a test set with --test-articles and --test-images."] if names else []


LISTING_COLUMNS = (
    "article_id", "title", "text", "title_en", "text_en", "language", "published_at", "url",
    "image", "image_id", "image_url", "file", "line",
)  # fmt: skip


def check_columns(names: Collection[str], file: Path, unique: bool = True) -> None:
    """Raise InputError for more than MAX_COLUMNS, or (with `unique`) a duplicate name."""
    if len(names) > MAX_COLUMNS:
        raise InputError(f"{file} has {len(names):,} columns; the limit is {MAX_COLUMNS:,}. Remove the others.")
    twice = sorted(str(name) for name, count in Counter(names).items() if count > 1)
    if twice and unique:
        raise InputError(f"{file} has two columns named {listed(twice)}; rename one of them.")
