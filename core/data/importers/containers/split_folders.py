"""Reader for Hugging Face's `imagefolder`: one folder of images per split, and tables that name the images.

Either each folder has a table (``train/metadata.csv``, whose column ``file_name`` is relative to it), or one table
above them names ``train/7.png``. The folders determine the split, unless a column does.
"""

import re
from dataclasses import replace
from pathlib import Path

from core.data.importers.options import SourceOptions
from core.data.importers.source_table import ColumnNames, SourceTable, TableFile
from core.data.importers.tables.table import IMAGE_COLUMNS, listing_of, read_file
from core.errors import InputError

NAMES = ("metadata.csv", "metadata.jsonl", "metadata.parquet")
FILE = "file_name"
#: Beginnings of names that `datasets` recognises as a split.
SPLIT = re.compile(r"(train|restval|val|valid|validation|dev|test)(?=[-_.]|\d|$)", re.IGNORECASE)


def split_named(parts: tuple[str, ...]) -> str:
    """Return the split at the beginning of the last folder or file name that has one; "" if none has."""
    found = [match[1].lower() for part in parts if (match := SPLIT.match(part))]
    return found[-1] if found else ""


def tables_of(source: Path) -> list[Path]:
    """Return the tables of an `imagefolder`: the one at its top, else those of its splits; none for other folders."""
    if not source.is_dir():
        return []
    top = [source / name for name in NAMES if (source / name).is_file()]
    if top:
        return top if len(top) == 1 and _has_split_folders(source) else []
    below = sorted(path for depth in ("*", "*/*") for name in NAMES for path in source.glob(f"{depth}/{name}"))
    return below if all(split_named(path.parent.relative_to(source).parts) for path in below) else []


def _has_split_folders(source: Path) -> bool:
    return any(path.is_dir() and SPLIT.match(path.name) for path in source.iterdir())


def recognises(source: Path) -> bool:
    """Return True for an `imagefolder`."""
    return bool(tables_of(source))


def read(source: Path, columns: ColumnNames, options: SourceOptions) -> SourceTable:
    """Read all tables as one. Ids that occur in two splits are prefixed with the split. Raises InputError."""
    tables = [read_file(file, options.encoding) for file in tables_of(source)]
    image = columns.image or FILE
    lacking = [table.path for table in tables if image not in table.frame]
    if lacking and lacking[0].parent != source:
        raise InputError(
            f"{lacking[0]} has no column '{image}', which names the images of an image folder; name the right column "
            "with --image-column."
        )
    tables = tables if lacking else [_with_split(table, image, source) for table in tables]
    named = columns if lacking else ColumnNames(**(columns.given() | {"image": image}))
    listing = listing_of("Hugging Face image folder", tables, source, named, image_columns=IMAGE_COLUMNS)
    articles, ids = listing.articles, listing.articles["article_id"]
    if "split" in articles and articles.groupby("article_id")["split"].nunique().max() > 1:
        articles = articles.assign(article_id=(articles["split"] + "/" + ids).where(ids != "", ""))
    return replace(listing, articles=articles, images=source, named=columns.given())


def _with_split(table: TableFile, image: str, source: Path) -> TableFile:
    """Return the table with image names relative to `source`, and a column with the split of their folders."""
    folder, frame = table.path.parent.relative_to(source), table.frame.copy()
    frame[image] = [(folder / name).as_posix() if name else "" for name in frame[image]]
    if "split" not in frame:
        frame["split"] = [split_named(Path(name).parts[:-1]) for name in frame[image]]
    return replace(table, frame=frame)
