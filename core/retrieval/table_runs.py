"""Runs as tables: an article and its images in each row, or a row for each image with its rank or score.

A table is read as a whole in one of these forms; an ambiguous table is refused (docs/decisions/never-guess-a-pair.md).
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from core.data.importers.tables.table import KNOWN_NAMES
from core.data.importers.tables.whole_numbers import as_whole
from core.data.qrels import DOCUMENT_NAMES
from core.errors import InputError, shortened
from core.retrieval.run_rows import ARTICLE_NAMES, Row, is_header, unknown_form
from core.retrieval.trec import by_score

IMAGE_NAMES = (*KNOWN_NAMES["image_id"], *DOCUMENT_NAMES, *KNOWN_NAMES["image"])
RANK_NAMES = ("rank", "position", "place")
SCORE_NAMES = ("score", "similarity")
_OTHER_NAMES = {name for names in KNOWN_NAMES.values() for name in names} | {*DOCUMENT_NAMES, *RANK_NAMES, *SCORE_NAMES}
_FRACTION = re.compile(r"-?[0-9]*\.[0-9]*[1-9][0-9]*(?:[eE][-+]?[0-9]+)?|-?[0-9.]+[eE]-[0-9]+")
_TRIPLE = 3  # cells of a row without a header: the article, the image, and its rank before or after it


@dataclass(frozen=True)
class TableRun:
    """Contents of a table. lists: article → its images, best first, from its first row.

    skipped: 1 for a header, else 0. repeated: articles with further rows.
    """

    lists: dict[str, list[str]]
    skipped: int
    repeated: list[str]


def has_a_row_for_each_image(rows: Sequence[Row], file: Path) -> bool:
    """Return whether each image has a row. Raises InputError if the rows could be of both forms."""
    return _long_columns(rows, file) is not None


def read_table_run(rows: Sequence[Row], file: Path) -> TableRun:
    """Read a run of either form. Raises InputError naming the first line that fits neither."""
    header, body = (rows[0], rows[1:]) if is_header(rows[0]) else (None, rows)
    if not body:
        raise unknown_form(file, rows[0].line, "is a header without lines after it")
    columns = _long_columns(rows, file)
    if columns is not None:
        return TableRun(_read_long(body, columns, file), len(rows) - len(body), [])
    if header is not None:
        _check_wide_header(header, file)
    elif not any(map(str.isdigit, body[0].cells[0])):
        first = shortened(body[0].cells[0])
        raise unknown_form(
            file,
            body[0].line,
            f"begins with {first}, which is not a known column name (if it is one, write article_id)",
        )
    lists, repeated = _read_wide(body, file)
    return TableRun(lists, len(rows) - len(body), repeated)


def _read_wide(rows: Sequence[Row], file: Path) -> tuple[dict[str, list[str]], list[str]]:
    """Read rows of an article and its images: lists from each article's first row, and articles with further rows.

    Raises InputError if cells cannot be images, or articles repeat as in a run with a row for each image.
    """
    _check_images(rows, file)
    images = as_whole(pd.Series([cell for row in rows for cell in row.cells[1:]], dtype=object))[0].tolist()
    articles = as_whole(pd.Series([row.cells[0] for row in rows], dtype=object))[0]
    lists: dict[str, list[str]] = {}
    repeated: list[str] = []
    start, single = 0, all(len(row.cells) == 2 for row in rows)
    for article, row in zip(articles, rows, strict=True):
        end = start + len(row.cells) - 1
        if not article:
            raise unknown_form(file, row.line, "has no article")
        if article in lists:
            repeated.append(article)
            if single or len(repeated) > len(rows) / 2:
                raise unknown_form(
                    file, row.line, f"repeats article {shortened(article)} without a column of ranks or scores"
                )
        else:
            lists[article] = [image for image in images[start:end] if image]
        start = end
    return lists, repeated


def _check_images(rows: Sequence[Row], file: Path) -> None:
    """Raise InputError if a column holds decimal numbers, or the only image column holds lists in its cells."""
    for column in range(1, max(len(row.cells) for row in rows)):
        filled = [row for row in rows if len(row.cells) > column and row.cells[column]]
        if filled and all(_FRACTION.fullmatch(row.cells[column]) for row in filled):
            row = filled[0]
            raise unknown_form(
                file, row.line, f"has {shortened(row.cells[column])}, perhaps a score, where an image is expected"
            )
    pairs = [row for row in rows if len(row.cells) == 2]
    if len(pairs) == len(rows) and all(len(row.cells[1].split()) > 1 or row.cells[1][0] in "[{" for row in rows):
        raise unknown_form(file, rows[0].line, f"has a list in one cell: {shortened(rows[0].cells[1])}")


def _check_wide_header(header: Row, file: Path) -> None:
    names = header.names
    if names[0] not in ARTICLE_NAMES:
        raise unknown_form(file, header.line, f"has column {shortened(header.cells[0])} before the article's")
    others = [name for name in names[1:] if name in _OTHER_NAMES]
    if others and len(names) > 2:
        raise unknown_form(file, header.line, f"has column {others[0]} but no column of ranks or scores")


@dataclass(frozen=True)
class _LongColumns:
    """Column numbers of a run with a row for each image. by_rank: `key` holds ranks, else scores."""

    article: int
    image: int
    key: int
    by_rank: bool


def _long_columns(rows: Sequence[Row], file: Path) -> _LongColumns | None:
    return _columns_of_header(rows[0]) if is_header(rows[0]) else _columns_of_cells(rows, file)


def _columns_of_header(header: Row) -> _LongColumns | None:
    names = header.names
    columns = [
        next((names.index(name) for name in known if name in names), None)
        for known in (ARTICLE_NAMES, IMAGE_NAMES, RANK_NAMES, SCORE_NAMES)
    ]
    article, image, rank, score = columns
    key = rank if rank is not None else score
    if article is None or image is None or key is None:
        return None
    return _LongColumns(article, image, key, rank is not None)


def _columns_of_cells(rows: Sequence[Row], file: Path) -> _LongColumns | None:
    """Find the columns of rows without a header: three cells, one of them a rank; None for other rows."""
    if any(len(row.cells) != _TRIPLE for row in rows):
        return None
    ranked = [column for column in (1, 2) if _are_ranks(rows, column)]
    if not ranked:
        return None
    if len(ranked) == 2 or len({row.cells[0] for row in rows}) == len(rows):
        raise unknown_form(
            file, rows[0].line, "can be read in two ways (add a header such as article_id,rank,image_id)"
        )
    return _LongColumns(0, 3 - ranked[0], ranked[0], True)


def _are_ranks(rows: Sequence[Row], column: int) -> bool:
    ranks = defaultdict[str, list[str]](list)
    for row in rows:
        ranks[row.cells[0]].append(row.cells[column])
    return any(
        all(sorted(found) == sorted(map(str, range(base, base + len(found)))) for found in ranks.values())
        for base in (0, 1)
    )


def _read_long(rows: Sequence[Row], columns: _LongColumns, file: Path) -> dict[str, list[str]]:
    width = max(columns.article, columns.image, columns.key) + 1
    for row in rows:
        if len(row.cells) < width or not (row.cells[columns.article] and row.cells[columns.image]):
            raise unknown_form(file, row.line, f"has too few cells: {shortened(', '.join(row.cells))}")
    articles, images, keys = (
        as_whole(pd.Series([row.cells[column] for row in rows], dtype=object))[0]
        for column in (columns.article, columns.image, columns.key)
    )
    lists = defaultdict[str, list[tuple[float, str, int]]](list)
    for row, article, image, key in zip(rows, articles, images, keys, strict=True):
        lists[article].append((_number(key, columns, row, file), image, row.line))
    if columns.by_rank:
        return _by_rank(lists, file)
    for article, entries in lists.items():
        seen = set[str]()
        for _, image, line in entries:
            if image in seen:
                raise InputError(
                    f"{file}: line {line} repeats image {shortened(image)} of article {shortened(article)}. "
                    f"Keep one of the lines."
                )
            seen.add(image)
    return {article: by_score({image: key for key, image, _ in entries}) for article, entries in lists.items()}


def _number(text: str, columns: _LongColumns, row: Row, file: Path) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if number != number or (columns.by_rank and not number.is_integer()):
        raise unknown_form(
            file, row.line, f"has {shortened(text)} instead of a {'rank' if columns.by_rank else 'score'}"
        )
    return number


def _by_rank(lists: dict[str, list[tuple[float, str, int]]], file: Path) -> dict[str, list[str]]:
    """Sort each list by rank. Raises InputError for a repeated or missing rank, which would shift other ranks."""
    first = min(1.0, min(key for entries in lists.values() for key, _, _ in entries))
    for article, entries in lists.items():
        entries.sort(key=lambda entry: entry[0])
        for expected, (rank, _, line) in enumerate(entries, start=int(first)):
            if rank != expected:
                raise unknown_form(
                    file, line, f"has rank {rank:g} of article {shortened(article)}, expected {expected}"
                )
    return {article: [image for _, image, _ in entries] for article, entries in lists.items()}
