"""Last lines of a job's output for a page, without the traceback of an unexpected error.

The job's ``log.txt`` has the complete output.
"""

from pathlib import Path

LINES_SHOWN = 10
_TRACEBACK = "Traceback (most recent call last):"


def last_lines(file: Path) -> list[str]:
    """Return the last lines of a log before the first traceback, whose text may contain local paths."""
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    start = next((number for number, line in enumerate(lines) if line.strip() == _TRACEBACK), None)
    shown = (
        lines
        if start is None
        else [*lines[:start], "An unexpected error ended the job; log.txt in its folder has the traceback."]
    )
    return shown[-LINES_SHOWN:]
