"""Files of the pages, by their absolute paths: where Rematch was installed, they are not relative to `app.py`."""

from pathlib import Path

PAGES = Path(__file__).parent


def page_file(name: str) -> Path:
    """Return the script of the page that is served at `/NAME`, for links to it."""
    return PAGES / name / "page.py"
