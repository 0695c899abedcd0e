"""Quotation marks in delimited text: detection of quoting in tab-separated files, and repair of unclosed marks."""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import PurePath

import pandas as pd

_LINE_END = re.compile(r"\r\n|\r|\n")
_OPENS = re.compile(r'(?:\A|[\t\n])"')
_CODE_SHARE = 0.95  # of the cells of a column, since a few may be missing
_KIND_SHARE = 0.1  # of the cells of a column, so that a few lines that are not rows do not add a kind


def is_quoted(content: str) -> bool:
    """Return True if tab-separated text was written with quoting, as in pandas and Excel.

    Then every mark is part of the quoting (cells with a mark are quoted, marks inside are doubled), and some cell needs
    it: it contains a mark, a tab or a line end, or the whole header is quoted. Releases with raw marks fail the first
    test.
    """
    if _OPENS.search(content) is None:
        return False
    cell = r'(?:"[^"]*+(?:""[^"]*+)*+"|[^"\t\n]*+)'
    if re.fullmatch(rf"(?:{cell}(?:\t|\r?\n))*+{cell}\r?", content) is None:
        return False
    header = content.partition("\n")[0].rstrip("\r")
    needed = re.search(r'(?:\A|[\t\n])"[^"\t\n]*+(?:""|[\t\n])', content)
    return needed is not None or re.fullmatch(r'"[^"]*"(?:\t"[^"]*")+', header) is not None


def unquoted(cell: str) -> str:
    """Return the text of a cell that is quoted as a whole; any other cell unchanged."""
    inside = re.fullmatch(r'"((?:[^"]|"")*)"', cell)
    return inside[1].replace('""', '"') if inside else cell


#: Column → kinds of its values (`_kind`), for columns whose values have no spaces, such as ids and file names.
CodeColumns = dict[int, set[str]]


def code_columns(rows: Sequence[Sequence[str]]) -> CodeColumns:
    """Return the columns of `rows`, each of one line, whose values have no spaces, with the kinds of their values."""
    columns = enumerate(zip(*rows, strict=True))
    return {column: _kinds(cells) for column, cells in columns if _are_codes(cells)}


def without_stray_marks(
    content: str, separator: str, cells: pd.DataFrame, line_ends: Sequence[int]
) -> tuple[pd.DataFrame, list[int]]:
    """Return `cells` unchanged if no quoted cell contains other rows; else all rows, with unclosed marks read as text.

    cells: rows labelled by their line, the header first. line_ends: number in each row. The second value is the lines
    of the marks. Raises csv.Error: a row is then longer than the header, or the last mark is not closed.
    """
    lines, width = _LINE_END.split(content), cells.shape[1]
    # From the rows as read: if one contains others, its first and last cells are still those of rows. Also from the
    # lines that could be rows, unless ends of quoted cells among them leave fewer columns than an id and an image.
    as_read = code_columns([row for row in cells.to_numpy().tolist()[1:] if any(row)])
    as_lines = code_columns([parts for line in lines[1:] if len(parts := line.split(separator)) == width])
    codes = [as_read, as_lines] if len(as_lines) > 1 else [as_read]
    spans = [(first, first + ends) for first, ends in zip(cells.index, line_ends, strict=True) if ends]
    if not any(holds_rows(lines[first - 1 : last], separator, width, codes) for first, last in spans):
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


def _are_codes(cells: Sequence[str]) -> bool:
    return sum(map(_is_code, cells)) >= _CODE_SHARE * len(cells)


def _is_code(cell: str) -> bool:
    return cell != "" and cell.split() == [cell]


def _kinds(cells: Sequence[str]) -> set[str]:
    counts = Counter(map(_kind, cells))
    return {kind for kind, count in counts.items() if count >= _KIND_SHARE * len(cells)}


def _kind(code: str) -> str:
    """Return the characters of `code` (letters, digits, which signs) and its extension: '17.PNG' is '.0a.png'."""
    signs = {"0" if sign.isdigit() else "a" if sign.isalpha() else sign for sign in code}
    return "".join(sorted(signs)) + PurePath(code.lower()).suffix


def holds_rows(lines: Sequence[str], separator: str, width: int, codes: Sequence[CodeColumns]) -> bool:
    """Return True if `lines`, read as one row, are several rows: one line is a row, and so are the lines before it.

    A row has as many cells as the header. In a line that is a row, each column of one of `codes` has a value of a kind
    that the column has elsewhere. 'B","x, y",1.png', the end of a title of two lines, is not a row.
    """
    for number, line in enumerate(lines[1:], start=1):
        if line.count(separator) < width - 1:
            continue
        cells, before = _cells_of(line, separator), _cells_of("\n".join(lines[:number]), separator)
        if len(cells) == len(before) == width and any(_fits(cells, columns) for columns in codes):
            return True
    return False


def _fits(cells: Sequence[str], columns: CodeColumns) -> bool:
    found = ((cells[column].strip('"'), kinds) for column, kinds in columns.items())
    return bool(columns) and all(_is_code(code) and _kind(code) in kinds for code, kinds in found)


def rows_apart(
    lines: Sequence[str], separator: str, width: int, codes: Sequence[CodeColumns]
) -> Iterator[tuple[int, list[str], bool]]:
    """Yield each row's first line (from 1), its cells, and whether an unclosed mark was read as text.

    A mark is read as text if the quoted cell would contain other rows. Raises csv.Error if the last mark is not closed.
    """
    number = 0
    while number < len(lines):
        reader = csv.reader((f"{lines[index]}\n" for index in range(number, len(lines))), delimiter=separator)
        cells = next(reader)
        last = number + reader.line_num
        is_open = last == len(lines) > number + 1 and bool(cells) and cells[-1].endswith("\n")
        stray = holds_rows(lines[number:last], separator, width, codes) or (is_open and not any(lines[number + 1 :]))
        if stray:
            cells, last = _cells_of(lines[number], separator), number + 1
        elif is_open:
            raise csv.Error(f"line {number + 1}: a quotation mark is opened but not closed")
        yield number + 1, cells, stray
        number = last


def _cells_of(row: str, separator: str) -> list[str]:
    """Split one row; a mark that is not closed before a separator is part of the text."""
    sign = re.escape(separator)
    found = re.findall(rf'(?:\A|{sign})(?:"((?:[^"]|"")*)"(?={sign}|\Z)|([^{sign}]*))', row)
    return [quoted.replace('""', '"') or plain for quoted, plain in found]
