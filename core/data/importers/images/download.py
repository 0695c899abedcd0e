"""Resumable download of the images of a table by URL, for users with the right to: one at a time, with pauses.

Downloads are not trusted: a file is stored only if its content is an image. A manifest next to the images maps URLs to
files, and an import reads it; names alone are not sufficient, since many URLs have the same last part.
"""

import re
import time
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pandas as pd
import requests

from core.data.images.decoding import SUFFIXES, ImageError, open_image, suffix_of
from core.data.importers.images.fetched_names import name_of_address, read_manifest, write_manifest
from core.data.importers.images.find_images import image_names, is_address
from core.data.importers.images.name_index import without_suffix
from core.data.importers.source_table import SourceTable
from core.errors import InputError, listed
from core.progress import progress
from core.storage.files import atomic_write, write_text
from core.storage.safe_csv import spreadsheet_csv

AGENT = "Rematch/0.1 (research on news and images; python-requests)"
TIMEOUT = (10, 30)  # seconds: to connect, and between two pieces
MAX_BYTES = 20 * 1024**2  # the largest press photo of three collections has 3 MB
FAILURES = "fetch-failures.csv"
_CHUNK = 1 << 16
_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')  # not allowed in file names on some systems
_LONGEST = 100  # characters of a name; file systems take 255 bytes


@dataclass(frozen=True)
class ImageToFetch:
    """An image to download. name: of its file, without extension."""

    name: str
    url: str


@dataclass(frozen=True)
class Failure:
    """An image that could not be downloaded, and the reason."""

    name: str
    url: str
    reason: str


@dataclass(frozen=True)
class Fetched:
    """The result of a download, in images. there: already in the folder."""

    fetched: int
    there: int
    failures: list[Failure]


class _RefusedError(Exception):
    """Reason why a download is not stored as an image."""


def wanted_images(listing: SourceTable) -> list[ImageToFetch]:
    """Return the images of a listing that have a URL, each URL once, with the first name that an import looks for.

    If several URLs have the same name, each gets a name made from the whole URL. Raises InputError if the listing has
    no URLs.
    """
    addresses = _addresses(listing.articles)
    if (addresses == "").all():
        columns = listed(name for file in listing.files for name in file.frame.columns)
        raise InputError(
            f"{listing.source} has no URLs of images: looked in columns called image_url or img, and in the column "
            f"that names the images; its columns are: {columns}. Name the right one with --image-column."
        )
    names = image_names(listing)
    stems: dict[str, str] = {}  # by address
    for row, url in zip(names.to_numpy(), addresses, strict=True):
        if url:
            stems.setdefault(url, next((stem for name in row if name and (stem := _stem(name))), "image"))
    counts = Counter(_alike(stem) for stem in stems.values())
    return [
        ImageToFetch(stem if counts[_alike(stem)] == 1 else name_of_address(url, stem), url)
        for url, stem in stems.items()
    ]


def _addresses(articles: pd.DataFrame) -> pd.Series:
    """Return the URL of each row's image, from the column of URLs or, without one, from the column of files."""
    urls, named = articles["image_url"].str.strip(), articles["image"].str.strip()
    return urls.where(urls != "", named.where(named.map(is_address), ""))


def _stem(name: str) -> str:
    """Return the last part of a name without an image's extension, valid on any disk and never a path."""
    last = without_suffix(Path(name.replace("\\", "/")).name)
    return _UNSAFE.sub("_", last).strip(" .")[:_LONGEST].lstrip("=+-@")


def _alike(name: str) -> str:
    """Return a key that is equal for names that some file systems do not distinguish."""
    return unicodedata.normalize("NFC", name).lower()


def download_images(wanted: Iterable[ImageToFetch], folder: Path, pause: float = 1.0) -> Fetched:
    """Download the images that are not yet in `folder`, in order; write failures to its fetch-failures.csv.

    pause: seconds between two requests to the same host.
    """
    folder.mkdir(parents=True, exist_ok=True)
    all_wanted = list(wanted)
    files = _files_there(all_wanted, folder)
    missing = [image for image in all_wanted if image.url not in files]
    taken = {_alike(without_suffix(file)) for file in files.values()}
    failures: list[Failure] = []
    last: dict[str, float] = {}  # host → time of the last request
    try:
        with requests.Session() as session:
            session.headers["User-Agent"] = AGENT
            for image in progress(missing, "Fetching images"):
                name = image.name if _alike(image.name) not in taken else name_of_address(image.url, image.name)
                try:
                    _wait(urlsplit(image.url).netloc, pause, last)
                    files[image.url] = _fetch(session, image.url, folder, name)
                except (requests.RequestException, _RefusedError, ValueError, OSError) as error:
                    failures.append(Failure(image.name, image.url, _reason(error)))
                else:
                    taken.add(_alike(name))
    finally:  # also after an interruption
        if files:
            write_manifest(folder, files)
    _write_failures(failures, folder / FAILURES)
    return Fetched(len(missing) - len(failures), len(all_wanted) - len(missing), failures)


def _files_there(wanted: list[ImageToFetch], folder: Path) -> dict[str, str]:
    """Return URL → file for images already in `folder`: by its manifest, else by a name that no other URL has."""
    files = {url: file for url, file in read_manifest(folder).items() if (folder / Path(file).name).is_file()}
    known = set(files.values())
    by_stem = {
        _alike(path.stem): path.name
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in SUFFIXES and path.name not in known and path.is_file()
    }
    for image in wanted:
        if image.url not in files and (file := by_stem.get(_alike(image.name))) is not None:
            files[image.url] = file
    return files


def _wait(host: str, pause: float, last: dict[str, float]) -> None:
    """Sleep until `pause` seconds have passed since the last request to `host`."""
    if host in last:
        time.sleep(max(0.0, last[host] + pause - time.monotonic()))
    last[host] = time.monotonic()


def _fetch(session: requests.Session, url: str, folder: Path, name: str) -> str:
    """Download one image to a file called `name` with the extension of its content, and return the file's name."""
    if urlsplit(url).scheme not in ("http", "https"):
        raise _RefusedError("not an http or https URL")
    with session.get(url, stream=True, timeout=TIMEOUT) as response:
        if response.status_code != 200:
            raise _RefusedError(f"status {response.status_code}")
        data = bytearray()
        for chunk in response.iter_content(_CHUNK):
            data += chunk
            if len(data) > MAX_BYTES:
                raise _RefusedError(f"more than {MAX_BYTES // 1024**2} MB")
    content = bytes(data)
    try:
        open_image(content)
    except ImageError as error:
        raise _RefusedError(str(error)) from None
    file = f"{name}{suffix_of(content)}"
    with atomic_write(folder / file) as temporary:
        temporary.write_bytes(content)
    return file


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, _RefusedError) else f"cannot be reached ({type(error).__name__})"


def _write_failures(failures: list[Failure], file: Path) -> None:
    """Write the failures of this download; without any, delete an old file, which would be misleading."""
    if not failures:
        file.unlink(missing_ok=True)
        return
    write_text(file, spreadsheet_csv(pd.DataFrame(failures)))
