"""Conversion of ids that a spreadsheet program saved as floats (``7.0``, ``1e+17``) back to integers."""

import re
from decimal import Decimal

import pandas as pd

_FLOAT = re.compile(r"-?[0-9]+\.[0-9]+|-?[0-9](?:\.[0-9]+)?[eE]\+?[0-9]{1,2}")
_EXACT = 2**53  # above it, neighbouring integers are one float


def as_whole(cells: pd.Series) -> tuple[pd.Series, bool]:
    """Return `cells` as integers if all filled cells are whole floats, else unchanged.

    The second value is True if some are too large for a float to store all their digits.
    """
    filled = cells[cells.str.strip() != ""]
    if filled.empty or not filled.str.strip().str.fullmatch(_FLOAT).all():
        return cells, False
    numbers = filled.map(lambda cell: Decimal(cell.strip()))
    if (numbers != numbers.map(Decimal.to_integral_value)).any():  # a remainder fails above 28 digits
        return cells, False
    whole = numbers.map(int)
    return whole.map(str).reindex(cells.index, fill_value=""), bool((whole.abs() > _EXACT).any())
