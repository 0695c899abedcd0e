"""Registry of import formats. Readers recognise their format by content; the first that matches reads the source."""

from pathlib import Path

from core.data.importers.captions import with_captions
from core.data.importers.containers import coco_folder, split_folders, text_folder, webdataset
from core.data.importers.images.image_store import ImageStore
from core.data.importers.options import SourceOptions
from core.data.importers.releases import newsimages, newsimages2025, newsimages_rt
from core.data.importers.source_table import ColumnNames, SourceTable
from core.data.importers.tables import arrow_tables, table
from core.storage.memory_errors import enough_memory_for

READERS = (newsimages2025, newsimages_rt, newsimages)
#: Readers of formats that can contain the images themselves.
CONTAINERS = (webdataset, arrow_tables)


def read_source(
    source: Path,
    columns: ColumnNames = ColumnNames(),
    options: SourceOptions = SourceOptions(),
    store: ImageStore | None = None,
) -> SourceTable:
    """Read pairs from `source` with the first reader that recognises it, else as a generic table.

    store: receives images contained in the source; None: they are not written, only the texts are read. Raises
    InputError: missing file, unknown format, missing column, or not enough memory.
    """
    with enough_memory_for(source):
        return with_captions(_read(source, columns, options, store), options.captions)


def _read(source: Path, columns: ColumnNames, options: SourceOptions, store: ImageStore | None) -> SourceTable:
    """Return the table before captions are spread; its text cells may be lists."""
    if columns == ColumnNames():
        for release in READERS:
            if release.recognises(source):
                return release.read(source, options.encoding)
    if split_folders.recognises(source):
        return split_folders.read(source, columns, options)
    for container in CONTAINERS:
        if container.recognises(source):
            return container.read(source, columns, store)
    if text_folder.recognises(source):
        return text_folder.read(source, columns)
    if coco_folder.recognises(source):
        return coco_folder.read(source, columns, options.encoding)
    return table.read(source, columns, options=options)


def holds_images(source: Path) -> bool:
    """Return True for a source that contains its images: shards, or tables with images inside."""
    if is_known_release(source) or split_folders.recognises(source):
        return False
    return any(container.recognises(source) for container in CONTAINERS)


def is_known_release(source: Path) -> bool:
    """Return True if one of the readers of releases recognises `source`."""
    return any(reader.recognises(source) for reader in READERS)


def read_articles(source: Path, encoding: str | None = None) -> SourceTable:
    """Read the articles of a test set: its list, the folder of both lists, or any table with an id and a text.

    encoding: None: detect it. Raises InputError as `read_source`.
    """
    with enough_memory_for(source):
        listed = newsimages.read_list(source, "articles", encoding)
        return listed or with_captions(
            table.read(source, ColumnNames(), needs=("id", "text"), options=SourceOptions(encoding)), "first"
        )


def read_images(source: Path, encoding: str | None = None) -> SourceTable:
    """Read the images of a test set: its list, the folder of both lists, or any table that names images.

    encoding: None: detect it. Raises InputError as `read_source`.
    """
    with enough_memory_for(source):
        listed = newsimages.read_list(source, "images", encoding)
        return listed or with_captions(
            table.read(source, ColumnNames(), needs=("image",), options=SourceOptions(encoding)), "first"
        )


def read_listed(source: Path, columns: ColumnNames = ColumnNames()) -> SourceTable:
    """Read any source that names images: pairs of a release, the image list of a test set, or any table.

    Raises InputError as `read_source`.
    """
    with enough_memory_for(source):
        if columns == ColumnNames():
            listed = newsimages.read_list(source, "images") if source.is_file() else None
            if listed is not None:
                return listed
            if is_known_release(source):
                return read_source(source)
        return with_captions(table.read(source, columns, needs=("image",)), "all")
