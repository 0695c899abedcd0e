"""The NewsImages 2025 release as it lies there: ``newsarticles.csv`` and ``newsimages/<image_id>.jpg``.

Headlines collected through GDELT; there is no body and no date. ``article_tags`` are entity tags parted
by semicolons: they become the text, parted by commas, and stay beside it as they came.
"""

from pathlib import Path

from core.data.importers import table
from core.data.importers.listing import ColumnNames, Listing

FILE = "newsarticles.csv"
HEADER = ["article_id", "article_url", "article_title", "article_tags", "image_id", "image_url"]
_COLUMNS = ColumnNames(id="article_id", title="article_title", text="article_tags", image="image_id", url="article_url")


def _file(source: Path) -> Path:
    return source / FILE if source.is_dir() else source


def recognises(source: Path) -> bool:
    """True if `source` is the release's folder or its CSV file (by its header line)."""
    file = _file(source)
    if file.suffix.lower() != ".csv" or not file.is_file():
        return False
    with file.open(encoding="utf-8-sig", errors="replace") as lines:
        return lines.readline(1000).strip().split(",") == HEADER


def read(source: Path) -> Listing:
    """Read the release. Raises InputError if the table cannot be read."""
    file = _file(source)
    listing = table.read(file, _COLUMNS)
    articles = listing.articles
    articles["article_tags"] = articles["text"]
    articles["text"] = articles["text"].str.split(";").str.join(", ")
    images = file.parent / "newsimages"
    return Listing("NewsImages 2025", articles, images if images.is_dir() else file.parent, source)
