"""The NewsImages 2025 release as it lies there: ``newsarticles.csv`` and ``newsimages/<image_id>.jpg``.

Headlines collected through GDELT; there is no body and no date. ``article_tags`` are entity tags parted
by semicolons: they become the text, parted by commas, and stay beside it as they came. The file also goes around
without its header line.
"""

from dataclasses import replace
from pathlib import Path

from core.data.importers.source_table import ColumnNames, SourceTable
from core.data.importers.tables.delimited import first_cells, read_delimited
from core.data.importers.tables.table import listing_of

FILE = "newsarticles.csv"
HEADER = ["article_id", "article_url", "article_title", "article_tags", "image_id", "image_url"]
_COLUMNS = ColumnNames(id="article_id", title="article_title", text="article_tags", url="article_url")


def _file(source: Path) -> Path:
    return source / FILE if source.is_dir() else source


def recognises(source: Path) -> bool:
    """True if `source` is the release's folder or its CSV file, by its first line: the header, or a row like its."""
    cells = first_cells(_file(source))
    return cells == HEADER or _is_row(cells)


def _is_row(cells: list[str]) -> bool:
    """An id, an address, a title, tags, an id, an address."""
    return len(cells) == len(HEADER) and cells[0].isdigit() and all(cells[place].startswith("http") for place in (1, 5))


def read(source: Path, encoding: str | None = None) -> SourceTable:
    """Read the release. Raises InputError if the table cannot be read."""
    file = _file(source)
    headless = first_cells(file) != HEADER
    table = read_delimited(file, HEADER if headless else None, encoding)
    name = "NewsImages 2025" + (" without header line" if headless else "")
    listing = listing_of(name, [table], source, _COLUMNS, image_columns=("image_id", "image_url"))
    articles = listing.articles
    articles["article_tags"] = articles["text"]
    articles["text"] = articles["text"].str.split(";").str.join(", ")
    images = file.parent / "newsimages"
    return replace(listing, images=images if images.is_dir() else file.parent)
