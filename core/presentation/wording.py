"""Numbers in words, the same way in every section."""

from core.analysis.bootstrap import Interval
from core.data.entities.store import RULES
from core.evaluation.metrics import METRICS


def number(value: float, metric: str = "") -> str:
    """Three decimals for shares, one for ranks."""
    return f"{value:.1f}" if metric and METRICS[metric].unit == "rank" else f"{value:.3f}"


def signed(value: float, metric: str = "") -> str:
    """`+0.012`, `−0.012`, `±0.000`, with a real minus."""
    text = number(abs(value), metric)
    return ("±" if float(text) == 0 else "+" if value > 0 else "−") + text


def between(interval: Interval, metric: str = "") -> str:
    """`0.10 to 0.14`; of a difference `−0.010 to +0.020`, told apart by `between_signed`."""
    return f"{number(interval.low, metric)} to {number(interval.high, metric)}"


def between_signed(interval: Interval, metric: str = "") -> str:
    """A difference's interval, with signs."""
    return f"{signed(interval.low, metric)} to {signed(interval.high, metric)}"


def p_value(p: float) -> str:
    """`p = 0.03`, `p < 0.001`."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}"


def p_cell(p: float) -> str:
    """Write a p in a table, whose heading names it: `0.03`, `< 0.001`."""
    return p_value(p).removeprefix("p = ").removeprefix("p ")


def finder(named_by: str) -> str:
    """What found persons, places and organisations."""
    return "found by the built-in rules" if named_by == RULES else f"found by {named_by}"


def shorten(text: str, length: int) -> str:
    """At most `length` characters on one line."""
    line = " ".join(str(text).split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"
