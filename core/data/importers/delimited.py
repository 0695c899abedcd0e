"""Delimited text as it comes, in one place: tabs without quoting, commas with it, any line ends, two encodings.

Releases of NewsImages mix all of these, sometimes between the files of one folder.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from core.data.importers.listing import TableFile, check_columns
from core.errors import InputError, shortened

#: File endings of tables, and what parts their cells if the first line does not tell.
SUFFIXES = {".csv": ",", ".tsv": "\t"}
#: What a table may hold, whatever its format: 100,000 articles of five pages each are below it.
MAX_BYTES = 512 * 1024**2
MAX_CELL = 1_000_000  # characters
MAX_ROWS = 2_000_000
_FIRST = 1 << 16  # bytes; the longest header line seen has 120
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)?")
UTF_8, UTF_8_BOM, LATIN_1 = "UTF-8", "UTF-8 with BOM", "Latin-1"


def read_delimited(file: Path, names: Sequence[str] | None = None) -> TableFile:
    """All cells as text, rows labelled by their line of the file, blank rows and columns without a name left out.

    names: of the columns, for a file without a header line. Ids keep their zeros, and 'NA' or 'null' stay the words
    they are in a headline. Raises InputError: cannot be read as a table.
    """
    content, encoding = _decode(_bytes_of(file), file)
    separator = _separator(_first_line(content), file)
    cells = _tabbed(content, file) if separator == "\t" else _quoted(content, separator, file)
    check_cells(cells, file)
    if names is None:
        header, cells = cells.iloc[0], cells.iloc[1:]
        names = [name.strip() for name in header]
        names[0] = names[0].removeprefix("#").strip()  # `# article`, as in 2022
    elif len(names) != cells.shape[1]:
        raise InputError(f"{file} cannot be read as a table: its rows have {cells.shape[1]} cells, not {len(names)}.")
    frame = cells.set_axis(pd.Index(names), axis=1)
    frame = frame.loc[:, frame.columns != ""]
    check_columns(frame.columns, file)
    return TableFile(file, encoding, frame[(frame != "").any(axis=1)])


def first_cells(file: Path) -> list[str]:
    """The cells of a file's first line, whatever its encoding; none if it cannot be read or has another ending."""
    if file.suffix.lower() not in SUFFIXES or not file.is_file():
        return []
    try:
        with file.open("rb") as opened:
            start = opened.read(_FIRST).removeprefix(b"\xef\xbb\xbf").decode("latin-1")
        separator = _separator(_first_line(start), file)
        return [cell.strip() for cell in _first_row(start, separator)]
    except OSError:  # said by whoever reads it all
        return []


def check_rows(count: int, file: Path) -> None:
    """Raise InputError for more than MAX_ROWS."""
    if count > MAX_ROWS:
        raise InputError(f"{file} has {count:,} rows, at most {MAX_ROWS:,} are read; import it in parts.")


def check_cells(cells: pd.DataFrame, file: Path) -> None:
    """Raise InputError for a cell longer than MAX_CELL. cells: of str, rows labelled by their line."""
    longest = cells.map(len).max(axis=1)
    if len(longest) and longest.max() > MAX_CELL:
        raise InputError(
            f"{file}, line {longest.idxmax()}: a cell has {longest.max():,} characters, at most {MAX_CELL:,} are read; "
            "is a quotation mark not closed?"
        )


def size_of(file: Path) -> int:
    """In bytes. Raises InputError: not there, or more than MAX_BYTES."""
    try:
        size = file.stat().st_size
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror or error}.") from None
    if size > MAX_BYTES:
        raise InputError(
            f"{file} has {size // 1024**2:,} MB, at most {MAX_BYTES // 1024**2} MB are read; import it in parts."
        )
    return size


def _first_line(content: str) -> str:
    line = _LINE.match(content)
    return line[0].rstrip("\r\n") if line else ""


def _first_row(content: str, separator: str) -> list[str]:
    """Its cells; of commas and semicolons a quoted cell may span lines."""
    if separator == "\t":
        return content.partition("\n")[0].rstrip("\r").split("\t")
    lines: Iterable[str] = (line[0] for line in _LINE.finditer(content))
    return next(csv.reader(lines, delimiter=separator), [])


def _bytes_of(file: Path) -> bytes:
    size_of(file)
    try:
        return file.read_bytes()
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror or error}.") from None


def _decode(content: bytes, file: Path) -> tuple[str, str]:
    """The text and its encoding. Latin-1 here is what Windows writes under that name, with its quotes and dashes."""
    if b"\0" in content:
        raise InputError(f"{file} holds zero bytes, so it is neither UTF-8 nor Latin-1; save it as UTF-8.")
    try:
        bom = content.startswith(b"\xef\xbb\xbf")
        return content.decode("utf-8-sig"), UTF_8_BOM if bom else UTF_8
    except UnicodeDecodeError:
        try:
            return content.decode("cp1252"), LATIN_1
        except UnicodeDecodeError:  # a byte that Windows leaves undefined
            return content.decode("latin-1"), LATIN_1


def _separator(first_line: str, file: Path) -> str:
    if "\t" in first_line:
        return "\t"
    usual = SUFFIXES.get(file.suffix.lower(), ",")
    return ";" if usual == "," and first_line.count(";") > first_line.count(",") else usual


def _tabbed(content: str, file: Path) -> pd.DataFrame:
    """Quotes are part of the text; only \\n ends a line, since a stray \\r may stand in one."""
    check_columns(_first_row(content, "\t"), file, unique=False)
    rows = [line.removesuffix("\r").split("\t") for line in content.split("\n")]
    check_rows(len(rows), file)
    width = len(rows[0])
    for number, row in enumerate(rows, 1):
        if len(row) > width and any(row[width:]):
            raise InputError(
                f"{file} cannot be read as a table: line {number} has {len(row)} cells, the first line {width}."
            )
        rows[number - 1] = row[:width] + [""] * (width - len(row))
    if rows[0] == [""]:
        raise InputError(f"{file} cannot be read as a table: its first line is empty.")
    return pd.DataFrame(rows, index=range(1, len(rows) + 1), dtype=object)


def _quoted(content: str, separator: str, file: Path) -> pd.DataFrame:
    try:
        check_columns(_first_row(content, separator), file, unique=False)
        # The header is read as a row: pandas would rename a column that comes twice, and take the first
        # column for row labels where the rows are longer than the header.
        cells = pd.read_csv(
            io.StringIO(content), sep=separator, header=None, dtype=str, keep_default_na=False, skip_blank_lines=False
        ).fillna("")
    except (pd.errors.ParserError, pd.errors.EmptyDataError, csv.Error) as error:
        raise InputError(f"{file} cannot be read as a table: {shortened(str(error))}.") from None
    check_rows(len(cells), file)
    line_ends = cells.map(lambda cell: cell.count("\n")).sum(axis=1) + 1  # a quoted cell may span lines
    return cells.set_axis(1 + line_ends.cumsum() - line_ends, axis=0)
