"""Rows of a run that is a table, and detection of files that are not runs."""

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
    """A row of a table. line: its number in the file. cells: stripped, without empty ones at the end."""

    line: int
    cells: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """The cells as column names."""
        return [cell.lower().removeprefix("#").strip() for cell in self.cells]


def unknown_form(file: Path, line: int, found: str) -> InputError:
    """Return the error for a run of unknown format, with the line and the problem found there."""
    return InputError(
        f"{file} cannot be read as a run: line {line} {found}. Use a TREC run ('article Q0 image rank score tag'), or "
        f"a table separated by tabs, commas or semicolons: an article and its images, best first, in each row; or "
        f"columns such as article_id, image_id and rank (or score), with a row for each image."
    )


def rows_of(content: str, file: Path) -> tuple[str, list[Row]]:
    """Split a file into rows that are not empty; return separator and rows. Raises InputError for an open quote."""
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
        raise unknown_form(file, number, f"has an unclosed quotation mark: {shortened(line)}") from None


def _without_empty_end(cells: list[str]) -> list[str]:
    while cells and not cells[-1]:
        cells.pop()
    return cells


def check_is_table(rows: Sequence[Row], file: Path) -> None:
    """Raise InputError for another kind of file: JSON, qrels, a damaged TREC run, lines of one cell."""
    first = rows[0]
    text = " ".join(first.cells)
    if text[0] in "[{":
        raise unknown_form(file, first.line, f"begins like JSON: {shortened(text)}")
    lines = [" ".join(row.cells) for row in rows]
    if all(looks_like_qrels([line]) and line.split()[1] in ("0", "Q0") for line in lines):
        raise unknown_form(file, first.line, f"is from qrels, a ground truth: {shortened(text)}")
    if text.split()[1:2] == ["Q0"]:
        raise unknown_form(file, first.line, f"has Q0 like a TREC run, but {len(text.split())} fields instead of 6")
    if max(len(row.cells) for row in rows) < 2:
        raise unknown_form(file, first.line, f"has only one cell: {shortened(text)}")


def is_header(row: Row) -> bool:
    """Return whether a row is a header with a column of article ids."""
    return not set(ARTICLE_NAMES).isdisjoint(row.names)
