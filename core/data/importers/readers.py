"""Which formats there are. Each reader recognises its own by content; the first that does reads."""

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
#: Those whose images may be inside.
CONTAINERS = (webdataset, arrow_tables)


def read_source(
    source: Path,
    columns: ColumnNames = ColumnNames(),
    options: SourceOptions = SourceOptions(),
    store: ImageStore | None = None,
) -> SourceTable:
    """Read pairs from `source` with the first reader that knows it, else as any table.

    store: where images are written to that the source holds inside; None: nowhere, so that only its texts can be
    looked at. Raises InputError: nothing there, a format nobody knows, a column that is not found,
    more than fits into memory.
    """
    with enough_memory_for(source):
        return with_captions(_read(source, columns, options, store), options.captions)


def _read(source: Path, columns: ColumnNames, options: SourceOptions, store: ImageStore | None) -> SourceTable:
    """The listing before captions are spread; its text cells may be lists."""
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
    """True for a source whose images are not files of their own: shards, or tables with images inside."""
    if is_known_release(source) or split_folders.recognises(source):
        return False
    return any(container.recognises(source) for container in CONTAINERS)


def is_known_release(source: Path) -> bool:
    """True if one of the readers of releases recognises it."""
    return any(reader.recognises(source) for reader in READERS)


def read_articles(source: Path, encoding: str | None = None) -> SourceTable:
    """The articles of a test set: its list, the folder of both lists, or any table with an id and a text.

    encoding: None: detect it. Raises InputError as `read_source` does.
    """
    with enough_memory_for(source):
        listed = newsimages.read_list(source, "articles", encoding)
        return listed or with_captions(
            table.read(source, ColumnNames(), needs=("id", "text"), options=SourceOptions(encoding)), "first"
        )


def read_images(source: Path, encoding: str | None = None) -> SourceTable:
    """The images of a test set, likewise; any table that names images.

    encoding: None: detect it. Raises InputError as `read_source` does.
    """
    with enough_memory_for(source):
        listed = newsimages.read_list(source, "images", encoding)
        return listed or with_captions(
            table.read(source, ColumnNames(), needs=("image",), options=SourceOptions(encoding)), "first"
        )


def read_listed(source: Path, columns: ColumnNames = ColumnNames()) -> SourceTable:
    """Whatever names images: a release's pairs, the list of a test set's images, any table with a column of them.

    Raises InputError as `read_source` does.
    """
    with enough_memory_for(source):
        if columns == ColumnNames():
            listed = newsimages.read_list(source, "images") if source.is_file() else None
            if listed is not None:
                return listed
            if is_known_release(source):
                return read_source(source)
        return with_captions(table.read(source, columns, needs=("image",)), "all")
