"""Image files of an export: location, name in the export, and a check that they are unchanged since the import."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from core.data.images.formats import HEAD, SUFFIXES, USUAL_SUFFIX, format_of
from core.data.importers.images.image_store import safe_path
from core.errors import InputError, listed
from core.storage.files import bytes_fingerprint

IMAGES = "images"  # the folder of the images in an export that has one


@dataclass(frozen=True)
class ExportImage:
    """An image. name: its path below the folder of images; size: in bytes; image_hash: from the import."""

    name: str
    file: Path
    size: int
    image_hash: str

    def read(self) -> bytes:
        """Return the content of the file. Raises InputError if it is missing or has changed since the import."""
        try:
            content = self.file.read_bytes()
        except OSError as error:
            raise InputError(f"{self.file} cannot be read: {error.strerror or error}. {_AGAIN}") from None
        if bytes_fingerprint(content) != self.image_hash:
            raise InputError(f"{self.file} has changed since the domain was imported. {_AGAIN}")
        return content


_AGAIN = "Nothing was exported. Restore the file, or import the domain again."


def find_images(articles: pd.DataFrame, root: Path, slug: str) -> list[ExportImage]:
    """Return the image of each of `articles` (columns image_file, image_hash), one object per file.

    root: the folder that `image_file` is relative to. Raises InputError naming the missing files.
    """
    distinct = articles.drop_duplicates("image_file")
    files = [root / file for file in distinct["image_file"]]
    sizes = [file.stat().st_size if file.is_file() else None for file in files]
    missing = [file for file, size in zip(distinct["image_file"], sizes, strict=True) if size is None]
    if missing:
        raise InputError(
            f"{len(missing):,} of {len(files):,} images of domain '{slug}' are not in {root}: {listed(missing)}. "
            f"Nothing was exported. Restore them, or import the domain again, which leaves out their articles."
        )
    found = {
        relative: ExportImage(name, file, size or 0, image_hash)
        for relative, name, file, size, image_hash in zip(
            distinct["image_file"],
            _names(distinct["image_file"], files),
            files,
            sizes,
            distinct["image_hash"],
            strict=True,
        )
    }
    return [found[file] for file in articles["image_file"]]


def _names(relative: Iterable[str], files: list[Path]) -> list[str]:
    """Return a name for each file: valid on every system, and unique without regard to letter case."""
    taken, names = set[str](), list[str]()
    for name, file in zip(relative, files, strict=True):
        inside = file.name if Path(name).is_absolute() else name.removeprefix(f"{IMAGES}/")
        path = safe_path(inside)
        if path.suffix.lower() not in SUFFIXES:
            path = path.with_name(path.name + _usual_suffix(file))
        candidate, number = path, 1
        while str(candidate).casefold() in taken:
            number += 1
            candidate = path.with_name(f"{path.stem}-{number}{path.suffix}")
        taken.add(str(candidate).casefold())
        names.append(str(candidate))
    return names


def _usual_suffix(file: Path) -> str:
    with file.open("rb") as opened:
        return USUAL_SUFFIX.get(format_of(opened.read(HEAD)) or "", "")
