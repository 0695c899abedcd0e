"""Errors that a user can fix.

Each message names the file or option, what was expected, what was found, and what to do. Quoted input is shortened to
one line, so that the message stays readable whatever a file contains.
"""

from collections.abc import Iterable

_NAMED, _LONGEST = 20, 80  # how many names an error lists, and characters of each


class RematchError(Exception):
    """An error that one sentence can explain; the command line exits with status 1."""


class InputError(RematchError):
    """An error caused by wrong arguments or unusable input; the command line exits with status 2."""


def listed(names: Iterable[object], most: int = _NAMED) -> str:
    """Return names for an error message, separated by commas: the first `most`, each shortened."""
    shown = [shortened(str(name)) for name in names]
    more = f" and {len(shown) - most:,} more" if len(shown) > most else ""
    return ", ".join(shown[:most]) + more


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: `1 article`, `2,000 articles`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def shortened(text: str) -> str:
    """Return a text for an error message: on one line, at most 80 characters."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
