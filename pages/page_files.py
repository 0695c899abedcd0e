"""Files of the pages, by their absolute paths: where Rematch was installed, they are not relative to `app.py`."""

from pathlib import Path

PAGES = Path(__file__).parent
#: Scripts that several components in the browser use.
SHARED_BROWSER = PAGES / "shared" / "browser"


def page_file(name: str) -> Path:
    """Return the script of the page that is served at `/NAME`, for links to it."""
    return PAGES / name / "page.py"


def browser_text(folder: Path, *names: str) -> str:
    """Return the joined scripts or style sheets of a component, in the order of `names`."""
    return "".join(f"{(folder / name).read_text(encoding='utf-8')}\n" for name in names)


def style_sheet() -> str:
    """Return the style of the whole app: of all pages in `shared/style.css`, and of each page in `NAME/style.css`."""
    shared = PAGES / "shared" / "style.css"
    own = sorted(path for path in PAGES.glob("*/style.css") if path != shared)
    return "".join(path.read_text(encoding="utf-8") for path in (shared, *own))
