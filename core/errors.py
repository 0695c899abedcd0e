"""The errors a user can do something about.

Each message names the thing, what was expected and what was found, and says what to do. What it quotes from outside
is cut to a line, so that it stays a sentence whatever a file holds.
"""

from collections.abc import Iterable

_NAMED, _LONGEST = 20, 80  # how many names an error lists, and characters of each


class RematchError(Exception):
    """Something went wrong that a sentence can explain; the command line exits with status 1."""


class InputError(RematchError):
    """Wrong arguments or unusable input; the command line exits with status 2."""


def listed(names: Iterable[object]) -> str:
    """Names from outside in an error: the first ones, none longer than a line."""
    shown = [shortened(str(name)) for name in names]
    more = f" and {len(shown) - _NAMED:,} more" if len(shown) > _NAMED else ""
    return ", ".join(shown[:_NAMED]) + more


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: `1 article`, `2,000 articles`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def shortened(text: str) -> str:
    """A text from outside in an error: on one line, and not longer than that."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
