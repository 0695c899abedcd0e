"""Reader for Excel workbooks (``.xlsx``): the first sheet with a table, formulas as the values last saved by Excel.

A workbook is a ZIP of XML: its unpacked size is checked before it is opened, and rows are read one by one.
"""

import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pandas as pd

from core.data.importers.source_table import MAX_COLUMNS, TableFile, check_columns
from core.data.importers.tables.delimited import MAX_BYTES, check_cells, check_rows, size_of
from core.errors import InputError, listed, shortened
from core.storage.memory_errors import is_out_of_memory

SUFFIX = ".xlsx"
EXCEL = "Excel"


def read_xlsx(file: Path) -> TableFile:
    """Read all cells as text, dates in ISO 8601, whole numbers without a point, rows labelled by number in the sheet.

    Raises InputError: not a workbook, over the limits of a table, or without a table.
    """
    size_of(file)
    _check_packed(file)
    notes: list[str] = []
    try:
        rows = _rows(file, notes)
    except (InputError, MemoryError):
        raise
    except Exception as error:  # openpyxl raises any type of error for a damaged workbook
        if is_out_of_memory(error):
            raise MemoryError from None
        raise InputError(
            f"{file} is not a readable workbook: {type(error).__name__} {shortened(str(error))}. Save it again."
        ) from None
    if not rows:
        raise InputError(f"{file} has no sheet with a table: expected column names in the first row of a sheet.")
    _, header = rows[0]
    names = [name.strip() for name in header]
    while names and not names[-1]:
        names.pop()
    check_columns([name for name in names if name], file)
    cells = [row[: len(names)] + [""] * (len(names) - len(row)) for _, row in rows[1:]]
    frame = pd.DataFrame(cells, columns=pd.Index(names, dtype=object), index=[n for n, _ in rows[1:]], dtype=object)
    frame = frame.loc[:, frame.columns != ""]
    check_cells(frame, file)
    return TableFile(file, EXCEL, frame, tuple(notes))


def _check_packed(file: Path) -> None:
    try:
        with zipfile.ZipFile(file) as packed:
            size = sum(member.file_size for member in packed.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise InputError(f"{file} is not a readable workbook: {shortened(str(error))}. Save it again.") from None
    if size > MAX_BYTES:
        raise InputError(f"{file} unpacks to more than {MAX_BYTES // 1024**2} MB; import it in parts, or as CSV.")


def _rows(file: Path, notes: list[str]) -> list[tuple[int, list[str]]]:
    """Return number and cells of each row in the first sheet with two columns, without blank rows."""
    from openpyxl import load_workbook  # takes half a second, which only workbooks need

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles and extensions, which do not affect values
        book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        try:
            for sheet in book.worksheets:
                rows = list(_filled(sheet, file))
                if rows and sum(cell != "" for cell in rows[0][1]) > 1:
                    others = [name for name in book.sheetnames if name != sheet.title]
                    if others:
                        notes.append(f"{file.name}: read sheet {sheet.title}; not read: {listed(others)}.")
                    return rows
            return []
        finally:
            book.close()


def _filled(sheet: Any, file: Path) -> Iterator[tuple[int, list[str]]]:
    sheet.reset_dimensions()  # the size stated in the sheet may be wrong
    count = 0
    for number, row in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS + 1, values_only=True), 1):
        cells = [_text(cell) for cell in row]
        if any(cells):
            count += 1
            check_rows(count, file)
            yield number, cells


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
