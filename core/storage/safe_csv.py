"""Tables that people open in a spreadsheet: a cell of outside text must not be run as a formula (CWE-1236)."""

import re

import pandas as pd

#: What spreadsheets take for the beginning of a formula (OWASP, CSV injection). With apostrophes in front it gets
#: another one, so that `restored` gives back every text.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")


def spreadsheet_csv(frame: pd.DataFrame) -> str:
    """`frame` as CSV; texts (and headings) that look like a formula get an apostrophe in front."""
    safe = frame.copy()
    for name in frame.select_dtypes(exclude=["number", "bool", "datetime", "datetimetz"]):
        safe[name] = [_defused(cell) if isinstance(cell, str) else cell for cell in frame[name]]
    # With \r\n between rows (RFC 4180) a lone \r in a text is quoted; else what follows it would begin a row.
    return safe.to_csv(index=False, header=[_defused(str(name)) for name in frame], lineterminator="\r\n")


def is_formula(text: str) -> bool:
    """Return True for a text that gets an apostrophe in front."""
    return _FORMULA.match(text) is not None


def _defused(text: str) -> str:
    return f"'{text}" if is_formula(text) else text


def restored(text: str) -> str:
    """Return a text of `spreadsheet_csv` as it was, without the apostrophe that was put in front."""
    return text[1:] if text.startswith("'") and is_formula(text) else text
