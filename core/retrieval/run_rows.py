"""The rows of a run that is a table, and what is no table of a run."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.data.importers.tables.delimited import separated
from core.data.importers.tables.quoting import is_quoted
from core.data.importers.tables.table import KNOWN_NAMES
from core.data.qrels import QUERY_NAMES, looks_like_qrels
from core.errors import InputError, shortened

ARTICLE_NAMES = (*KNOWN_NAMES["id"], *QUERY_NAMES)


@dataclass(frozen=True)
class Row:
    """line: its number in the file; cells: without blanks around them and without empty ones at the end."""

    line: int
    cells: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """The cells as names of columns."""
        return [cell.lower().removeprefix("#").strip() for cell in self.cells]


def unknown_form(file: Path, line: int, found: str) -> InputError:
    """Return the error about a run in a form that is not known, which says what was found on which line."""
    return InputError(
        f"{file} is a run of no known form: line {line} {found}. Known are TREC runs ('article Q0 image rank score "
        f"tag'), and tables parted by tabs, commas or semicolons: an article and its images, best first, in each row; "
        f"or columns such as article_id, image_id and rank (or score), with a row for each image."
    )


def rows_of(content: str, file: Path) -> tuple[str, list[Row]]:
    """Return what parts the cells, and the rows that hold anything. Raises InputError for a mark that is not closed."""
    content, separator, skipped = separated(content, file)
    lines = content.split("\n")
    as_csv = separator != "\t" or is_quoted(content)
    rows = []
    for number, line in enumerate(lines, start=1 + skipped):
        if line.strip():
            cells = _quoted_cells(line, separator, number, file) if as_csv else line.split("\t")
            rows.append(Row(number, tuple(_without_empty_end([cell.strip() for cell in cells]))))
    return separator, [row for row in rows if row.cells]


def _quoted_cells(line: str, separator: str, number: int, file: Path) -> list[str]:
    try:
        return next(csv.reader([line.rstrip("\r")], delimiter=separator, strict=True))
    except csv.Error:
        raise unknown_form(file, number, f"has a quotation mark that is not closed: {shortened(line)}") from None


def _without_empty_end(cells: list[str]) -> list[str]:
    while cells and not cells[-1]:
        cells.pop()
    return cells


def check_is_table(rows: Sequence[Row], file: Path) -> None:
    """Raise InputError for what is another kind of file: JSON, qrels, a damaged TREC run, lines of one cell."""
    first = rows[0]
    text = " ".join(first.cells)
    if text[0] in "[{":
        raise unknown_form(file, first.line, f"begins as JSON does, with {shortened(text)}")
    lines = [" ".join(row.cells) for row in rows]
    if all(looks_like_qrels([line]) and line.split()[1] in ("0", "Q0") for line in lines):
        raise unknown_form(file, first.line, f"is one of qrels, a ground truth: {shortened(text)}")
    if text.split()[1:2] == ["Q0"]:
        raise unknown_form(file, first.line, f"has Q0 as TREC runs do, but {len(text.split())} fields instead of 6")
    if max(len(row.cells) for row in rows) < 2:
        raise unknown_form(file, first.line, f"has a single cell: {shortened(text)}")


def is_header(row: Row) -> bool:
    """Return whether a row names columns, one of them the article's."""
    return not set(ARTICLE_NAMES).isdisjoint(row.names)
