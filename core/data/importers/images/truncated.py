"""Repair of truncated JPEGs: with an end marker they can be opened, as in browsers."""

import shutil
from pathlib import Path

from core.data.images.decoding import JPEG_END, may_be_image
from core.data.images.formats import HEAD, format_of
from core.errors import InputError
from core.progress import progress
from core.storage.files import atomic_write


def copy_with_ends(root: Path, to: Path) -> list[str]:
    """Copy the images in and below `root` to the same paths in `to`, adding an end marker to truncated JPEGs.

    The originals are not changed. Returns a sentence about truncated images, if any. Raises InputError, DiskError.
    """
    if not root.is_dir():
        raise InputError(f"the image folder {root} does not exist; set the right one with --images DIR.")
    files = sorted(path for path in root.rglob("*") if path.is_file() and may_be_image(path))
    cut = 0
    for path in progress(files, "Copying images"):
        with atomic_write(to / path.relative_to(root)) as temporary:
            shutil.copyfile(path, temporary)
            if is_cut(path):
                cut += 1
                with temporary.open("ab") as file:
                    file.write(JPEG_END)
    return [f"images: {cut} JPEGs are truncated; their missing part is grey (--truncated-images)."] if cut else []


def is_cut(path: Path) -> bool:
    """Return True for a JPEG without an end marker."""
    with path.open("rb") as file:
        if format_of(file.read(HEAD)) != "JPEG":
            return False
        file.seek(-len(JPEG_END), 2)
        return file.read() != JPEG_END
