"""CSV for spreadsheets: a cell with external text must not be executed as a formula (CWE-1236)."""

import re

import pandas as pd

#: The beginning of a formula for spreadsheets (OWASP, CSV injection). A text that already starts with apostrophes gets
#: another one, so that `restored` can undo the change for every text.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")


def spreadsheet_csv(frame: pd.DataFrame) -> str:
    """Return `frame` as CSV with an apostrophe before texts and headings that look like a formula."""
    safe = frame.copy()
    for name in frame.select_dtypes(exclude=["number", "bool", "datetime", "datetimetz"]):
        safe[name] = [_defused(cell) if isinstance(cell, str) else cell for cell in frame[name]]
    # With \r\n between rows (RFC 4180) a lone \r in a text is quoted; otherwise it would start a new row.
    return safe.to_csv(index=False, header=[_defused(str(name)) for name in frame], lineterminator="\r\n")


def is_formula(text: str) -> bool:
    """Return True for a text that needs an apostrophe in front."""
    return _FORMULA.match(text) is not None


def _defused(text: str) -> str:
    return f"'{text}" if is_formula(text) else text


def restored(text: str) -> str:
    """Return the original of a text of `spreadsheet_csv`, without the added apostrophe."""
    return text[1:] if text.startswith("'") and is_formula(text) else text
