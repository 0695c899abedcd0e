"""Formats of numbers and of recurring phrases in sections."""

from core.analysis.bootstrap import Interval
from core.analysis.decision import LEVEL_OF_TESTS, is_significant, sign_of
from core.analysis.significance import Difference
from core.data.entities.store import RULES
from core.evaluation.metrics import METRICS


def number(value: float, metric: str = "") -> str:
    """Format a value: three decimals for shares, one for ranks."""
    return f"{value:.1f}" if metric and METRICS[metric].unit == "rank" else f"{value:.3f}"


def signed(value: float, metric: str = "") -> str:
    """Format a difference with its sign, with a minus and not a hyphen: `+0.012`, `−0.012`, `±0.000`."""
    text = number(abs(value), metric)
    return ("±" if float(text) == 0 else "+" if value > 0 else "−") + text


def between(interval: Interval, metric: str = "") -> str:
    """Format an interval of values: `0.100 to 0.140`."""
    return f"{number(interval.low, metric)} to {number(interval.high, metric)}"


def between_signed(interval: Interval, metric: str = "") -> str:
    """Format an interval of differences: `−0.010 to +0.020`."""
    return f"{signed(interval.low, metric)} to {signed(interval.high, metric)}"


def p_value(p: float) -> str:
    """Format p in a sentence: `p = 0.03`, `p < 0.001`."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}"


def p_after_holm(p: float) -> str:
    """Format a corrected p in a sentence: `p after Holm = 0.03`. An interval next to it is not corrected."""
    return p_value(p).replace("p ", "p after Holm ", 1)


def p_cell(p: float) -> str:
    """Format p in a table, whose heading names it: `0.03`, `< 0.001`."""
    return p_value(p).removeprefix("p = ").removeprefix("p ")


def detectable_text(difference: Difference) -> str:
    """Return the difference that this n can detect, to follow another phrase with a semicolon; empty if unknown."""
    if difference.detectable is None:
        return ""
    smallest = number(difference.detectable, difference.metric)
    return f"; at this n, a true difference of {smallest} would be found in four of five cases"


def correction_note(interval: Interval, p: float, p_holm: float, tests: str) -> str:
    """Return a sentence on why a difference is not significant although its interval excludes 0; empty otherwise.

    It follows another sentence and starts with a space. p, p_holm: before and after Holm's correction. tests: what the
    correction covers, such as "24 differences".
    """
    if is_significant(p_holm) or not sign_of(interval):
        return ""
    if is_significant(p):
        return (
            f" The interval excludes 0, but it does not allow for {tests} tested at once. Holm's correction does: p "
            f"rises from {p_cell(p)} to {p_cell(p_holm)}, which is not below {LEVEL_OF_TESTS:g}."
        )
    return (
        f" The interval excludes 0, but the permutation test does not confirm it: {p_value(p)}, even before Holm's "
        f"correction for {tests}."
    )


def finder(named_by: str) -> str:
    """Return in words what found persons, places and organisations."""
    return "found by the built-in rules" if named_by == RULES else f"found by {named_by}"


def shorten(text: str, length: int) -> str:
    """Return the text on one line, shortened to at most `length` characters."""
    line = " ".join(str(text).split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"
