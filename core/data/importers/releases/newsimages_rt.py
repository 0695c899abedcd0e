"""Reader for the RT set of 2022, cleaned by a team: ``url title text titleEN textEN outlet``, German with translation.

It does not name images. In a folder with the original release (`core.data.importers.releases.newsimages`), its English
texts are joined to the articles by URL. Alone it has images only if an image column was added.
"""

from dataclasses import replace
from pathlib import Path

from core.data.importers.releases import newsimages
from core.data.importers.source_table import ColumnNames, SourceTable, TableFile
from core.data.importers.tables.delimited import first_cells, read_delimited
from core.data.importers.tables.table import listing_of, tables_in
from core.errors import InputError, listed

HEADER = {"url", "title", "text", "titleen", "texten"}
_JOINED = ("title_en", "text_en", "outlet")


def recognises(source: Path) -> bool:
    """Return True for a file with this header, or a folder with exactly one."""
    return _file(source) is not None


def _file(source: Path) -> Path | None:
    paths = tables_in(source) if source.is_dir() else [source]
    found = [path for path in paths if {cell.lower() for cell in first_cells(path)} >= HEADER]
    return found[0] if len(found) == 1 else None


def read(source: Path, encoding: str | None = None) -> SourceTable:
    """Read the file, with the release if `source` is the folder of both. Raises InputError if no images are named."""
    file = _file(source)
    assert file is not None  # recognised
    table = read_delimited(file, encoding=encoding)
    release = newsimages.read(source, encoding) if source.is_dir() and newsimages.recognises(source) else None
    if release is not None:
        return _join(release, table, source)
    names = {name.lower() for name in table.frame.columns}
    if not names & {"iid", "image_id", "imgfile", "image_file", "image", "img"}:
        raise InputError(
            f"{file} has no column of images (its columns: {listed(table.frame.columns)}). Put it into the folder of "
            f"the original release (# article … iid … imgFile) and import that folder: the two are joined by url."
        )
    id_column = None if names & {"article", "articleid", "article_id", "id"} else _url_column(table)
    return listing_of("RT set, cleaned", [table], source, ColumnNames(id=id_column))


def _url_column(table: TableFile) -> str:
    return next(name for name in table.frame.columns if name.lower() == "url")


def _join(release: SourceTable, table: TableFile, source: Path) -> SourceTable:
    """Return the release's pairs with the English texts of `table`, joined by URL."""
    cleaned = listing_of("", [table], source, ColumnNames(id=_url_column(table)), needs=("id", "text")).articles
    cleaned = cleaned.drop_duplicates("article_id").set_index("article_id")
    articles = release.articles.copy()
    for name in _JOINED:
        if name in cleaned:
            articles[name] = articles["url"].map(cleaned[name]).fillna("")
    joined = int(articles["url"].isin(cleaned.index).sum())
    note = f"the English texts of {joined} of {len(articles)} articles come from {table.path.name}, joined by url."
    return replace(
        release,
        format=f"{release.format} with cleaned RT set",
        articles=articles,
        files=(*release.files, table),
        notes=(*release.notes, note),
        unread=tuple(file for file in release.unread if file != table.path),
    )
