"""What a job printed, as a page may show it: its last lines, without the stack of what nobody foresaw.

The whole of it stays in the job's ``log.txt``.
"""

import re
from pathlib import Path

LINES_SHOWN = 10
_STACK = "Traceback (most recent call last):"
_RAISED = re.compile(r"(?:\w+\.)*([A-Z]\w*)(?::.*)?")
_ENDINGS = ("Error", "Exception", "Interrupt", "Exit")


def last_lines(file: Path) -> list[str]:
    """The last lines of a log, a stack in it cut down to the kind of error that ended it."""
    return without_stacks(file.read_text(encoding="utf-8", errors="replace").splitlines())[-LINES_SHOWN:]


def without_stacks(lines: list[str]) -> list[str]:
    """Of all that follows a stack only what the verb itself says; an error's own words may hold anything."""
    if _STACK not in map(str.strip, lines):
        return lines
    start = [line.strip() for line in lines].index(_STACK)
    after = lines[start + 1 :]
    raised = [found[1] for line in after if (found := _RAISED.fullmatch(line)) and found[1].endswith(_ENDINGS)]
    said = [line for line in after if line.startswith("error: ")]
    kind = raised[-1] if raised else "an error"
    return [*lines[:start], f"ended by {kind}, which nobody foresaw; log.txt of this job says more.", *said]
