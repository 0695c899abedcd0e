"""JPEGs that were cut off while they were copied: with the mark of their end, they open as browsers show them."""

import shutil
from pathlib import Path

from core.data.images.decoding import JPEG_END, may_be_image
from core.data.images.formats import HEAD, format_of
from core.errors import InputError
from core.progress import progress
from core.storage.files import atomic_write


def copy_with_ends(root: Path, to: Path) -> list[str]:
    """Copy the images in and below `root` to the same paths below `to`, JPEGs without their end with one.

    The originals stay as they are. Return a sentence about those that were cut off. Raises InputError, DiskError.
    """
    if not root.is_dir():
        raise InputError(f"the image folder {root} does not exist; name it with --images DIR.")
    files = sorted(path for path in root.rglob("*") if path.is_file() and may_be_image(path))
    cut = 0
    for path in progress(files, "Copying images"):
        with atomic_write(to / path.relative_to(root)) as temporary:
            shutil.copyfile(path, temporary)
            if is_cut(path):
                cut += 1
                with temporary.open("ab") as file:
                    file.write(JPEG_END)
    return [f"images: {cut} JPEGs have no end; what is missing of them is grey (--truncated-images)."] if cut else []


def is_cut(path: Path) -> bool:
    """Return True for a JPEG that does not end with the mark of its end."""
    with path.open("rb") as file:
        if format_of(file.read(HEAD)) != "JPEG":
            return False
        file.seek(-len(JPEG_END), 2)
        return file.read() != JPEG_END
