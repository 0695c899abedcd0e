"""What a job printed, as a page may show it: its last lines, without the stack of an unexpected error.

The whole of it stays in the job's ``log.txt``.
"""

from pathlib import Path

LINES_SHOWN = 10
_STACK = "Traceback (most recent call last):"


def last_lines(file: Path) -> list[str]:
    """Return the last lines of a log, up to the first stack in it: an error's own words may hold anything."""
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    start = next((number for number, line in enumerate(lines) if line.strip() == _STACK), None)
    shown = lines if start is None else [*lines[:start], "The rest, with the stack of the error, is in its log.txt."]
    return shown[-LINES_SHOWN:]
