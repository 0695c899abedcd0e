"""Reader for delimited text: any separator, with or without quoting, any line ends and encoding, optionally gzip.

Releases of NewsImages mix these, sometimes between the files of one folder.
"""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from core.data.importers.source_table import TableFile, check_columns
from core.data.importers.tables.encodings import decode, encoding_notes
from core.data.importers.tables.quoting import (
    is_quoted,
    unquoted,
    without_stray_marks,
)
from core.errors import InputError, listed, shortened
from core.storage.memory_errors import is_out_of_memory

#: File extensions of tables, and the separator if the first line does not show it.
SUFFIXES = {".csv": ",", ".tsv": "\t", ".txt": ","}
#: Possible separators other than a tab, which is always one; if two fit, the first is used.
SEPARATORS = (",", ";", "|")
#: Limits of a table of any format; 100,000 articles of five pages each are below them.
MAX_BYTES = 512 * 1024**2
MAX_CELL = 1_000_000  # characters
MAX_ROWS = 2_000_000
PACKED = ".gz"
_GZIP = b"\x1f\x8b"
_FIRST = 1 << 16  # bytes; the longest known header line has 120
_LOOKED_AT = 20  # rows that must have equal width for a separator to fit
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)?")
_EXCEL = re.compile(r'"?sep=(.)"?\r?(?:\n|\Z)', re.IGNORECASE)  # the first line that tells Excel the separator


def read_delimited(
    file: Path, names: Sequence[str] | None = None, encoding: str | None = None, well_quoted: bool = False
) -> TableFile:
    """Read all cells as text, rows labelled by their line in the file, without blank rows and unnamed columns.

    names: of the columns, for a file without a header line. encoding: None: detect it. well_quoted: whether every
    quotation mark is known to be closed, so that lines inside a cell are not rows. Ids keep leading zeros; 'NA' and
    'null' are words, as in a headline. Raises InputError if the file is not a readable table.
    """
    content, found_encoding = decode(bytes_of(file), file, encoding)
    content, separator, skipped = separated(content, file)
    notes = encoding_notes(file, found_encoding)
    if separator == "\t":
        cells = _tabs(content, file, notes, well_quoted)
    else:
        cells = _quoted(content, separator, file, notes, well_quoted)
    cells = cells.set_axis(cells.index + skipped, axis=0)
    check_cells(cells, file)
    if names is None:
        header, cells = cells.iloc[0], cells.iloc[1:]
        names = [name.strip() for name in header]
        names[0] = names[0].removeprefix("#").strip()  # `# article` in the release of 2022
    elif len(names) != cells.shape[1]:
        raise InputError(
            f"{file} cannot be read as a table: its rows have {cells.shape[1]} cells, but {len(names)} were expected."
        )
    frame = cells.set_axis(pd.Index(names), axis=1)
    frame = frame.loc[:, frame.columns != ""]
    check_columns(frame.columns, file)
    return TableFile(file, found_encoding, frame[(frame != "").any(axis=1)], tuple(notes))


def suffix_of(file: Path) -> str:
    """Return the lower-case extension of a table's name, without .gz."""
    name = file.name.lower()
    return Path(name.removesuffix(PACKED)).suffix


def first_cells(file: Path) -> list[str]:
    """Return the cells of a file's first line in any encoding; none if it is unreadable or has another extension."""
    if suffix_of(file) not in SUFFIXES or not file.is_file():
        return []
    try:
        start, separator, _ = separated(_start_of(file), file)
    except (OSError, EOFError, zlib.error):  # reading the whole file reports the problem
        return []
    return [cell.strip() for cell in _first_row(start, separator)]


def _start_of(file: Path) -> str:
    """Return the beginning of a file as text; its ASCII characters are right in any encoding."""
    with file.open("rb") as opened:
        packed = opened.read(2) == _GZIP
        opened.seek(0)
        start = (gzip.GzipFile(fileobj=opened) if packed else opened).read(_FIRST)
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return start[: len(start) // 2 * 2].decode("utf-16", errors="replace")
    return start.removeprefix(b"\xef\xbb\xbf").decode("latin-1")


def check_rows(count: int, file: Path) -> None:
    """Raise InputError for more than MAX_ROWS."""
    if count > MAX_ROWS:
        raise InputError(f"{file} has {count:,} rows; the limit is {MAX_ROWS:,}. Import it in parts.")


def check_cells(cells: pd.DataFrame, file: Path) -> None:
    """Raise InputError for a cell longer than MAX_CELL. cells: str, rows labelled by their line."""
    longest = cells.map(len).max(axis=1)
    if len(longest) and longest.max() > MAX_CELL:
        raise InputError(
            f"{file}, line {longest.idxmax()}: a cell has {longest.max():,} characters; the limit is {MAX_CELL:,}. "
            "Check that all quotation marks are closed."
        )


def size_of(file: Path) -> int:
    """Return the size of a file in bytes. Raises InputError: missing, or more than MAX_BYTES."""
    try:
        size = file.stat().st_size
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror or error}.") from None
    if size > MAX_BYTES:
        raise InputError(
            f"{file} has {size // 1024**2:,} MB; the limit is {MAX_BYTES // 1024**2} MB. Import it in parts."
        )
    return size


def _first_line(content: str) -> str:
    line = _LINE.match(content)
    return line[0].rstrip("\r\n") if line else ""


def _first_row(content: str, separator: str) -> list[str]:
    """Return the cells of the first row; unless separated by tabs, a quoted cell may span lines."""
    if separator == "\t":
        return content.partition("\n")[0].rstrip("\r").split("\t")
    lines: Iterable[str] = (line[0] for line in _LINE.finditer(content))
    return next(csv.reader(lines, delimiter=separator), [])


def bytes_of(file: Path) -> bytes:
    """Return the content of a file, unpacked if it is gzip. Raises InputError: unreadable, or over MAX_BYTES."""
    size_of(file)
    try:
        content = file.read_bytes()
        if not content.startswith(_GZIP):
            return content
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
            unpacked = packed.read(MAX_BYTES + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"{file} is a damaged gzip file: {shortened(str(error))}. Copy or pack it again.") from None
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror or error}.") from None
    if len(unpacked) > MAX_BYTES:
        raise InputError(f"{file} unpacks to more than {MAX_BYTES // 1024**2} MB; import it in parts.")
    return unpacked


def separated(content: str, file: Path) -> tuple[str, str, int]:
    """Return the text without Excel's line ``sep=;``, its separator, and the number of skipped lines."""
    if excel := _EXCEL.match(content):
        return content[excel.end() :], excel[1], 1
    if "\n" not in content:
        content = content.replace("\r", "\n")  # line ends of classic Mac OS
    return content, _separator(content, file), 0


def _separator(content: str, file: Path) -> str:
    """Return the separator: a tab if the first line has one, else the one that gives the first rows equal width."""
    first_line = _first_line(content)
    if "\t" in first_line:
        return "\t"
    candidates = [sign for sign in SEPARATORS if sign in first_line]
    if len(candidates) < 2:
        return candidates[0] if candidates else SUFFIXES.get(suffix_of(file), ",")
    return max(candidates, key=lambda sign: (_fits(content, sign), first_line.count(sign)))


def _fits(content: str, separator: str) -> bool:
    lines: Iterable[str] = (line[0] for line in _LINE.finditer(content[:_FIRST]))
    try:
        rows = [row for row, _ in zip(csv.reader(lines, delimiter=separator), range(_LOOKED_AT), strict=False) if row]
    except csv.Error:
        return False
    return len({len(row) for row in rows}) == 1


def _tabs(content: str, file: Path, notes: list[str], well_quoted: bool) -> pd.DataFrame:
    """Read a tab-separated table. Quotation marks are text, unless the file was written with quoting.

    Even then they do not separate cells if all lines have the same number of tabs.
    """
    quoted = is_quoted(content)
    if quoted and len({line.count("\t") for line in content.rstrip("\n").split("\n")}) == 1:
        return _tabbed(content, file, notes).map(unquoted)
    if quoted:
        try:
            return _quoted(content, "\t", file, notes, well_quoted)
        except InputError:  # its marks are not pairs
            pass
    return _tabbed(content, file, notes)


def _tabbed(content: str, file: Path, notes: list[str]) -> pd.DataFrame:
    r"""Read a tab-separated table without quoting. Only \n ends a line, since a text may contain a stray \r."""
    check_columns(_first_row(content, "\t"), file, unique=False)
    rows = [line.removesuffix("\r").split("\t") for line in content.split("\n")]
    check_rows(len(rows), file)
    width = len(rows[0])
    short: list[int] = []
    for number, row in enumerate(rows, 1):
        if len(row) > width and any(row[width:]):
            raise InputError(
                f"{file} cannot be read as a table: line {number} has {len(row)} cells, the first line {width}."
            )
        if len(row) < width and row != [""]:
            short.append(number)
        rows[number - 1] = row[:width] + [""] * (width - len(row))
    if rows[0] == [""]:
        raise InputError(f"{file} cannot be read as a table: its first line is empty.")
    if short:
        notes.append(
            f"{file.name}: {len(short)} lines have fewer cells than the first ({_lines(short)}); the missing cells are "
            f"empty. If a text has several lines, put it in quotation marks."
        )
    return pd.DataFrame(rows, index=range(1, len(rows) + 1), dtype=object)


def _quoted(content: str, separator: str, file: Path, notes: list[str], well_quoted: bool) -> pd.DataFrame:
    """Read a table with quoted cells, which may contain line ends; note marks that would swallow whole rows."""
    try:
        check_columns(_first_row(content, separator), file, unique=False)
        # The header is read as a row: pandas would rename a duplicate column, and use the first column as
        # row labels if the rows are longer than the header.
        cells = pd.read_csv(
            io.StringIO(content), sep=separator, header=None, dtype=str, keep_default_na=False, skip_blank_lines=False
        ).fillna("")
        check_rows(len(cells), file)
        line_ends = cells.map(_line_ends).sum(axis=1)  # a quoted cell may span lines
        first = 1 + (line_ends + 1).cumsum() - (line_ends + 1)
        cells = cells.set_axis(first, axis=0)
        check_cells(cells, file)
        if (line_ends > 0).any() and not well_quoted:
            cells, stray = without_stray_marks(content, separator, cells, line_ends.to_list())
            if stray:
                notes.append(
                    f"{file.name}: a quotation mark is opened but not closed in {_lines(stray)}; it was read as part "
                    f"of the text, otherwise the following rows would be part of the cell."
                )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, csv.Error) as error:
        if is_out_of_memory(error):
            raise MemoryError from None
        raise InputError(f"{file} cannot be read as a table: {shortened(str(error))}.") from None
    return cells


def _line_ends(cell: str) -> int:
    return cell.count("\n") + cell.count("\r") - cell.count("\r\n")


def _lines(numbers: Sequence[int]) -> str:
    return f"line{'s' if len(numbers) > 1 else ''} {listed(map(str, numbers))}"
