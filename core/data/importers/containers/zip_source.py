"""Reader for a ZIP of one of the other formats: a table with its images, NewsImages, or lists of a test set.

The import unpacks it into a temporary folder, so its images are always copied.
"""

from pathlib import Path

from core.data.images import decoding
from core.data.importers.containers import split_folders
from core.data.importers.containers.safe_unzip import unpack
from core.data.importers.readers import is_known_release
from core.data.importers.tables import delimited, table
from core.errors import InputError

_UNPACKED = {*table.SUFFIXES, delimited.PACKED, *decoding.SUFFIXES, ""}


def recognises(source: Path) -> bool:
    """Return True if `source` is a file with the extension .zip."""
    return source.suffix.lower() == ".zip" and source.is_file()


def unpack_source(source: Path, folder: Path) -> Path:
    """Unpack the ZIP `source` into `folder` and return its table, or the folder of a release's tables.

    Raises InputError: the ZIP cannot be unpacked safely, or has no table or several.
    """
    unpack(source, folder, _UNPACKED)
    tables = table.preferred(path for path in folder.rglob("*") if path.is_file() and table.is_table(path))
    top = [folder, *(path for path in folder.iterdir() if path.is_dir())]
    if (splits := next(filter(split_folders.recognises, top), None)) is not None:
        return splits
    known = [path for path in tables if is_known_release(path)]
    if len(known) > 1 and len({path.parent for path in known}) == 1 and is_known_release(known[0].parent):
        return known[0].parent
    depth = min((len(path.parts) for path in tables), default=0)
    candidates = known or [path for path in tables if len(path.parts) == depth]
    if len(candidates) == 1:
        return candidates[0]
    found = ", ".join(path.relative_to(folder).as_posix() for path in candidates[:5]) or "none"
    raise InputError(
        f"cannot decide what to import from {source.name}: expected one table in it ({', '.join(table.SUFFIXES)}); "
        f"found {found}. Pack one table with its images."
    )


def unpack_lists(source: Path, folder: Path) -> Path:
    """Unpack the ZIP `source` of a test set into `folder` and return its list, or the folder of its lists.

    Raises InputError: the ZIP cannot be unpacked safely, or has no list.
    """
    unpack(source, folder, _UNPACKED)
    lists = table.preferred(path for path in folder.rglob("*") if path.is_file() and table.is_table(path))
    if not lists:
        raise InputError(f"{source.name} has no list of a test set; pack a table ({', '.join(table.SUFFIXES)}).")
    return lists[0] if len(lists) == 1 else lists[0].parent


def image_folder_of(file: Path, folder: Path) -> Path | None:
    """Return `folder`, all unpacked files, if the images of a table or release are not below its folder; else None."""
    table_folder = file if file.is_dir() else file.parent
    has_images = any(path.is_file() and decoding.may_be_image(path) for path in table_folder.rglob("*"))
    return None if has_images else folder
