"""Quotation marks in delimited text: whether a file of tabs uses them, and rows that a stray one swallows."""

import csv
import re
from collections.abc import Iterator, Sequence

import pandas as pd

_LINE_END = re.compile(r"\r\n|\r|\n")
_OPENS = re.compile(r'(?:\A|[\t\n])"')
_CODE_SHARE = 0.95  # of the cells of a column: a few may be missing


def is_quoted(content: str) -> bool:
    """Return True if tab-separated text was written with quoting, as pandas and Excel do.

    Then every mark belongs to it (cells that hold a mark are quoted, marks inside are doubled) and some cell needs it:
    it holds a mark, a tab or a line end, or the whole header is quoted. Releases with raw marks fail the first test.
    """
    if _OPENS.search(content) is None:
        return False
    cell = r'(?:"[^"]*+(?:""[^"]*+)*+"|[^"\t\n]*+)'
    if re.fullmatch(rf"(?:{cell}(?:\t|\r?\n))*+{cell}\r?", content) is None:
        return False
    header = content.partition("\n")[0].rstrip("\r")
    needed = re.search(r'(?:\A|[\t\n])"[^"\t\n]*+(?:""|[\t\n])', content)
    return needed is not None or re.fullmatch(r'"[^"]*"(?:\t"[^"]*")+', header) is not None


def without_stray_marks(
    content: str, separator: str, cells: pd.DataFrame, line_ends: Sequence[int]
) -> tuple[pd.DataFrame, list[int]]:
    """Return `cells` as they are if no quoted cell holds other rows; else all rows, read again with such marks as text.

    cells: rows labelled by their line, the header first. line_ends: in each row. The second value are the lines of the
    marks. Raises csv.Error: rows that are longer than the header then, or a mark that is open at the end.
    """
    lines, width = _LINE_END.split(content), cells.shape[1]
    whole = [list(row) for row, ends in zip(cells.to_numpy(), line_ends, strict=True) if ends == 0 and any(row)][1:]
    as_lines = [parts for line in lines[1:] if len(parts := line.split(separator)) == width]
    codes = [found for some in (whole, as_lines) if (found := code_columns(some))]
    spans = [(first, first + ends) for first, ends in zip(cells.index, line_ends, strict=True) if ends]
    if not any(holds_rows(lines[first:last], separator, width, codes) for first, last in spans):
        return cells, []
    rows: dict[int, list[str]] = {}
    stray: list[int] = []
    for number, row, is_stray in rows_apart(lines, separator, width, codes):
        if len(row) > width:
            raise csv.Error(f"line {number} has {len(row)} cells, the first line {width}")
        rows[number] = row + [""] * (width - len(row))
        if is_stray:
            stray.append(number)
    return pd.DataFrame.from_dict(rows, orient="index", dtype=object), stray


def code_columns(rows: Sequence[Sequence[str]]) -> list[int]:
    """Return the columns whose cells are values without blanks, as ids and file names are. rows: each of one line."""
    return [place for place, cells in enumerate(zip(*rows, strict=True)) if _are_codes(cells)]


def _are_codes(cells: Sequence[str]) -> bool:
    return sum(map(_is_code, cells)) >= _CODE_SHARE * len(cells)


def _is_code(cell: str) -> bool:
    return cell != "" and cell.split() == [cell]


def holds_rows(lines: Sequence[str], separator: str, width: int, codes: Sequence[Sequence[int]]) -> bool:
    """Return True if one of `lines`, all after the first of a row, is a row itself.

    That is: it has as many cells as the header, and a value without blanks in each column of one of the lists `codes`.
    """
    split = (line.split(separator) for line in lines if line.count(separator) == width - 1)
    return any(all(_is_code(cells[place].strip('"')) for place in some) for cells in split for some in codes)


def rows_apart(
    lines: Sequence[str], separator: str, width: int, codes: Sequence[Sequence[int]]
) -> Iterator[tuple[int, list[str], bool]]:
    """Yield each row's first line (from 1), its cells, and whether a mark that is not closed was read as text.

    That is done where a quoted cell would hold other rows. Raises csv.Error for a mark that is open at the end.
    """
    number = 0
    while number < len(lines):
        reader = csv.reader((f"{lines[place]}\n" for place in range(number, len(lines))), delimiter=separator)
        cells = next(reader)
        last = number + reader.line_num
        is_open = last == len(lines) > number + 1 and bool(cells) and cells[-1].endswith("\n")
        stray = holds_rows(lines[number + 1 : last], separator, width, codes) or (
            is_open and not any(lines[number + 1 :])
        )
        if stray:
            cells, last = _cells_of_line(lines[number], separator), number + 1
        elif is_open:
            raise csv.Error(f"line {number + 1}: a quotation mark is opened and not closed")
        yield number + 1, cells, stray
        number = last


def _cells_of_line(line: str, separator: str) -> list[str]:
    """Split one line; a mark that no other closes before a separator is part of the text."""
    sign = re.escape(separator)
    found = re.findall(rf'(?:\A|{sign})(?:"((?:[^"]|"")*)"(?={sign}|\Z)|([^{sign}]*))', line)
    return [quoted.replace('""', '"') or plain for quoted, plain in found]
