"""Reader for the NewsImages 2025 release: ``newsarticles.csv`` and ``newsimages/<image_id>.jpg``.

The headlines were collected through GDELT; there is no body and no date. ``article_tags`` are entity tags separated by
semicolons: they become the text, separated by commas, and remain in their column. Some copies of the file have no
header line.
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
    """Return True for the release's folder or CSV file; its first line is the header or a row of this form."""
    cells = first_cells(_file(source))
    return cells == HEADER or _is_row(cells)


def _is_row(cells: list[str]) -> bool:
    """Return whether the cells are an id, a URL, a title, tags, an id and a URL."""
    return len(cells) == len(HEADER) and cells[0].isdigit() and all(cells[n].startswith("http") for n in (1, 5))


def read(source: Path, encoding: str | None = None) -> SourceTable:
    """Read the release. Raises InputError if the table is unreadable."""
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
