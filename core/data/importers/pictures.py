"""Finding the picture of each row of a listing in a folder, and looking whether it can be decoded."""

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pandas as pd

from core.data.importers.listing import Listing
from core.data.pixels import SUFFIXES, ImageError, may_be_image, open_image
from core.errors import InputError, shortened
from core.files import file_fingerprint
from core.progress import progress

_URL = re.compile(r"https?://", re.IGNORECASE)


class ImageFolder:
    """The pictures in and below a folder, found by relative path, file name or name without ending.

    Only files that are really below the folder are listed, so no cell of a table can point outside it. Letters are
    taken as they are where a file is called so, else in either case: `a.jpg` and `A.jpg` may be two pictures.
    """

    def __init__(self, root: Path) -> None:
        if not root.is_dir():
            raise InputError(f"the image folder {root} does not exist; name it with --images DIR.")
        self.root = root
        files = [path for path in sorted(root.rglob("*")) if self._is_inside(path) and may_be_image(path)]
        paths = [path.relative_to(root).as_posix() for path in files]
        names = {relative: relative for relative in paths}  # a path outranks another file's bare name
        for path, relative in zip(files, paths, strict=True):
            names.setdefault(path.name, relative)
            names.setdefault(path.stem, relative)
        self._count, self._names = len(paths), names
        self._in_any_case = {name.lower(): relative for name, relative in reversed(names.items())}

    def _is_inside(self, path: Path) -> bool:
        inside = not path.is_symlink() or path.resolve().is_relative_to(self.root.resolve())
        return inside and path.is_file()

    def __len__(self) -> int:
        return self._count

    def find(self, name: str) -> str | None:
        """The relative path of the picture called `name`, or None."""
        name = name.replace("\\", "/").removeprefix("./")
        for wanted in (name, name.rsplit("/", 1)[-1]):
            if found := self._names.get(wanted) or self._in_any_case.get(wanted.lower()):
                return found
        return None


def image_names(listing: Listing) -> pd.DataFrame:
    """What each row's picture may be called, a column for each of the listing's image columns; "" if it does not say.

    Of an address the last part of its path counts.
    """
    return listing.articles[list(listing.image_columns)].map(_file_name)


def _file_name(cell: str) -> str:
    cell = cell.strip()
    if not is_address(cell):
        return cell
    try:
        return unquote(urlsplit(cell).path).rsplit("/", 1)[-1]
    except ValueError:  # as http://[
        return ""


def is_address(cell: str) -> bool:
    """True for what begins as an address of the web does."""
    return _URL.match(cell) is not None


def find_pictures(names: pd.DataFrame, folder: ImageFolder) -> pd.Series:
    """Each row's picture as its path in `folder`, the first of its `names` that is there; None if there is none."""
    found = [next((file for name in row if name and (file := folder.find(name))), None) for row in names.to_numpy()]
    return pd.Series(found, index=names.index, dtype=object)


def not_found(listing: Listing, names: pd.DataFrame, folders: Sequence[ImageFolder]) -> InputError:
    """What was tried, and where, when no row's picture was found."""
    tried = [
        f"'{shortened(example)}' ({shortened(column)})"
        for role in listing.image_columns
        if (column := listing.roles.get(role)) and (example := next(filter(None, names[role]), None))
    ]
    counts = " and ".join(f"{len(folder)} pictures" for folder in folders)
    fetch = (
        f" Who may can download them: python -m core fetch-images {listing.source} --out DIR."
        if "image_url" in listing.roles
        else ""
    )
    return InputError(
        f"no picture found for any of {len(names)} {'articles' if 'id' in listing.roles else 'pictures'}: looked in "
        f"and below {' and '.join(str(folder.root) for folder in folders)} for names such as "
        f"{', '.join(tried) or 'none, since no row names one,'} with or without one of {', '.join(sorted(SUFFIXES))}; "
        f"there are {counts}. Name the right folder with --images DIR, or the right column with --image-column.{fetch}"
    )


def check_images(paths: Sequence[Path]) -> Iterator[str | ImageError]:
    """Yield each file's content hash, or why it cannot be decoded, in order."""

    def check(path: Path) -> str | ImageError:
        try:
            open_image(path)
            return file_fingerprint(path)
        except ImageError as error:
            return error
        except OSError as error:
            return ImageError(f"cannot be read ({type(error).__name__})")

    with ThreadPoolExecutor(max_workers=2) as pool:
        yield from progress(pool.map(check, paths), "Decoding pictures", total=len(paths))
