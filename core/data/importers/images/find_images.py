"""Search for the image of each row of a listing in a folder, and check that it can be decoded."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pandas as pd

from core.data.images.decoding import EXPORT, SUFFIXES, ImageError, open_image
from core.data.importers.images.fetched_names import name_of_address, read_manifest
from core.data.importers.images.image_folder import ImageFolder
from core.data.importers.images.name_index import without_suffix
from core.data.importers.images.pairing import AMBIGUOUS, NOT_FOUND, FallBack, Match, Name, match_names
from core.data.importers.source_table import SourceTable
from core.errors import InputError, shortened
from core.progress import progress
from core.storage.files import file_fingerprint

_URL = re.compile(r"https?://", re.IGNORECASE)
#: The column with explicit file names: a row that has one is not searched by other columns.
_FILE = "image"
_FORMAT = re.compile(r"\bis (.+?), (?:not a|whose)")  # in the reason of `open_image`


@dataclass(frozen=True)
class Pairing:
    """Files paired with the rows of a listing, as series over the rows.

    files: path in the folder, None if not found. reasons: why not, "" if found. how: the fall-back that was needed,
    None if none was. cells: the name that was searched.
    """

    files: pd.Series
    reasons: pd.Series
    how: pd.Series
    cells: pd.Series


def image_names(listing: SourceTable) -> pd.DataFrame:
    """Return possible names of each row's image, one column per image column of the listing; "" if empty.

    The name of a URL is the last part of its path.
    """
    return listing.articles[list(listing.image_columns)].map(_file_name)


def _file_name(cell: str) -> str:
    name = name_of(cell)
    return name.paths[-1].rsplit("/", 1)[-1] if name.is_address else cell.strip()


def name_of(cell: str) -> Name:
    """Return the name in a cell: a path, or a URL with the possible names of its image on disk."""
    cell = cell.strip()
    if not is_address(cell):
        return Name(cell, (cell,), False)
    try:
        address = urlsplit(cell)
    except ValueError:  # as http://[
        return Name(cell, ("",), True)
    path = address.netloc + unquote(address.path)
    last = path.rsplit("/", 1)[-1]
    by_query = [f"{path}?{address.query}"] if address.query else []
    return Name(cell, (name_of_address(cell, without_suffix(last)), *by_query, path if last else ""), True)


def is_address(cell: str) -> bool:
    """Return True for a text that begins like a URL."""
    return _URL.match(cell) is not None


def pair_images(listing: SourceTable, folder: ImageFolder) -> Pairing:
    """Return the image of each row, searched in `folder` by one column after the other.

    A row with a file name is searched only by that name, unless no row's file exists.
    """
    pairs = _Pairs(listing, folder)
    for column in listing.image_columns:
        pairs.look_by(column)
    index = listing.articles.index
    columns = (pairs.files, pairs.reasons, pairs.how, pairs.cells)
    return Pairing(*(pd.Series(column, index=index, dtype=object) for column in columns))


class _Pairs:
    """The growing pairs of a listing. rows: column → cell of each row; the others as in Pairing."""

    def __init__(self, listing: SourceTable, folder: ImageFolder) -> None:
        frame = listing.articles[list(listing.image_columns)]
        self.rows: list[dict[str, str]] = [
            {column: cell.strip() for column, cell in zip(listing.image_columns, row, strict=True)}
            for row in frame.to_numpy()
        ]
        count = len(self.rows)
        self.files: list[str | None] = [None] * count
        self.how: list[FallBack | None] = [None] * count
        self.reasons, self.cells = [""] * count, [""] * count
        self._folder, self._claims = folder, defaultdict[str, set[str]](set)
        self._serving = list[str]()  # columns that found at least one file
        fetched = read_manifest(folder.root)
        self._origin = {file: url for url, file in fetched.items() if file in folder}
        for row, cells in enumerate(self.rows):
            url = next(filter(is_address, cells.values()), "")
            if fetched.get(url) in self._origin:
                self._give(row, fetched[url], None, url)

    def look_by(self, column: str) -> None:
        """Search for the image of each row without one by its cell in `column`."""
        open_rows = [row for row, file in enumerate(self.files) if file is None and self.rows[row][column]]
        if _FILE in self._serving:
            open_rows = [row for row in open_rows if not self.rows[row][_FILE]]
        cells = dict.fromkeys(self.rows[row][column] for row in open_rows)
        matches = match_names([name_of(cell) for cell in cells], self._folder, self._claims)
        served = False
        for row in open_rows:
            cell = self.rows[row][column]
            match = self._checked_by_url(matches[cell], row)
            if match.file is not None:
                earlier = any(self.rows[row][other] for other in self._serving)
                self._give(row, match.file, match.how or ("another column" if earlier else None), cell)
                served = True
            elif not self.reasons[row] or self.reasons[row].startswith(NOT_FOUND):
                self.reasons[row], self.cells[row] = match.reason, self.cells[row] or cell
        if served:
            self._serving.append(column)

    def _give(self, row: int, file: str, how: FallBack | None, cell: str) -> None:
        self.files[row], self.how[row], self.cells[row], self.reasons[row] = file, how, cell, ""
        self._claims[file].update(filter(None, self.rows[row].values()))

    def _checked_by_url(self, match: Match, row: int) -> Match:
        """Return `match`, or a failed match if its file was downloaded from another URL than the row's."""
        url = self._origin.get(match.file or "")
        addresses = [cell for cell in self.rows[row].values() if is_address(cell)]
        if url is None or not addresses or url in addresses:
            return match
        reason = f"{NOT_FOUND}: {shortened(addresses[0])}; {match.file} was downloaded from another URL"
        return Match(None, None, reason)


def not_found(
    listing: SourceTable, names: pd.DataFrame, folders: Sequence[ImageFolder], reasons: pd.Series
) -> InputError:
    """Return the error for a listing without any image found, with names and folders. reasons: why, for each row."""
    ambiguous = [reason for reason in reasons if reason.startswith(AMBIGUOUS)]
    why = f" {len(ambiguous)} names are ambiguous, such as: {ambiguous[0].partition(': ')[2]}." if ambiguous else ""
    tried = [
        f"'{shortened(example)}' ({shortened(column)})"
        for role in listing.image_columns
        if (column := listing.roles.get(role)) and (example := next(filter(None, names[role]), None))
    ]
    counts = " and ".join(f"{len(folder)} images" for folder in folders)
    broken = sum(folder.broken for folder in folders)
    misnamed = sum(folder.misnamed for folder in folders)
    links = f" {broken} symbolic links are broken: download the files they refer to." if broken else ""
    links += f" {misnamed} files or folders have names that are not UTF-8: rename them." if misnamed else ""
    fetch = (
        f" If you have the right to, download them: rematch fetch-images {listing.source} --output DIR."
        if "image_url" in listing.roles
        else ""
    )
    return InputError(
        f"no image found for any of {len(names)} {'articles' if 'id' in listing.roles else 'images'}: searched in "
        f"and below {' and '.join(str(folder.root) for folder in folders)} ({counts}) for names such as "
        f"{', '.join(tried) or 'none, since no row has one,'} with or without one of {', '.join(sorted(SUFFIXES))}."
        f"{links}{why} Set the right folder with --images DIR, or the right column with --image-column.{fetch}"
    )


def notes_on_formats(reasons: pd.Series) -> list[str]:
    """Return a sentence for each refused image format. reasons: of rows left out, including those of `check_images`."""
    words = reasons.astype(str)  # an empty series has another type
    named = words[words.str.contains(EXPORT, regex=False)].str.extract(_FORMAT)[0]
    return [
        f"images: {count} of format {name} are not supported; export them as JPEG under the same names and import "
        "again."
        for name, count in named.value_counts().items()
    ]


def check_images(paths: Sequence[Path]) -> Iterator[str | ImageError]:
    """Yield each file's content hash, or the ImageError why it cannot be decoded, in order."""

    def check(path: Path) -> str | ImageError:
        try:
            open_image(path)
            return file_fingerprint(path)
        except ImageError as error:
            return error
        except OSError as error:
            return ImageError(f"cannot be read ({type(error).__name__})")

    with ThreadPoolExecutor(max_workers=2) as pool:
        yield from progress(pool.map(check, paths), "Decoding images", total=len(paths))
