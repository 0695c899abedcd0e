"""Downloading the pictures of a table by their addresses, for those who may: one after the other, politely, resumably.

What comes is not trusted: it is kept only if it is a picture by its content, under the name that an import looks for.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pandas as pd
import requests

from core.data.importers.listing import Listing
from core.data.importers.pictures import ImageFolder, image_names, is_address
from core.data.pixels import ImageError, open_image, suffix_of
from core.errors import InputError, listed
from core.files import replacing, write_text
from core.progress import progress
from core.spreadsheet import spreadsheet_csv

AGENT = "Rematch/0.1 (research on news and images; python-requests)"
TIMEOUT = (10, 30)  # seconds: to connect, and between two pieces
MAX_BYTES = 20 * 1024**2  # the largest press photo of three collections has 3 MB
FAILURES = "fetch-failures.csv"
_CHUNK = 1 << 16


@dataclass(frozen=True)
class Wanted:
    """A picture to fetch. name: of its file, without ending."""

    name: str
    url: str


@dataclass(frozen=True)
class Failure:
    """A picture that could not be had, and why."""

    name: str
    url: str
    reason: str


@dataclass(frozen=True)
class Fetched:
    """What a round of downloads did, in pictures."""

    fetched: int
    there: int
    failures: list[Failure]


class _RefusedError(Exception):
    """Why a picture is not kept."""


def wanted_pictures(listing: Listing) -> list[Wanted]:
    """The pictures of a listing with an address, each once, by the first name that an import would look for.

    Raises InputError if the listing has no addresses.
    """
    addresses = _addresses(listing.articles)
    if (addresses == "").all():
        columns = listed(name for file in listing.files for name in file.frame.columns)
        raise InputError(
            f"{listing.source} has no addresses of pictures: looked in columns called image_url or img, and in the "
            f"one that names the pictures; its columns are: {columns}. Name the right one with --image-column."
        )
    names = image_names(listing)
    wanted: dict[str, Wanted] = {}
    for row, url in zip(names.to_numpy(), addresses, strict=True):
        name = next((_stem(each) for each in row if each), "")
        if url and name:
            wanted.setdefault(name, Wanted(name, url))
    return list(wanted.values())


def _addresses(articles: pd.DataFrame) -> pd.Series:
    """Of each row's picture; where there is no column of them, what stands in the one of its file, if it is one."""
    urls, named = articles["image_url"].str.strip(), articles["image"].str.strip()
    return urls.where(urls != "", named.where(named.map(is_address), ""))


def _stem(name: str) -> str:
    """The last part of a name without its ending: no cell of a table names a folder."""
    return Path(name.replace("\\", "/")).name.rsplit(".", 1)[0].strip(".")


def fetch_pictures(wanted: Iterable[Wanted], folder: Path, pause: float = 1.0) -> Fetched:
    """Download what is not yet in `folder`, in order; failures are listed in its fetch-failures.csv.

    pause: seconds between two requests to one host.
    """
    folder.mkdir(parents=True, exist_ok=True)
    available = ImageFolder(folder)
    all_wanted = list(wanted)
    missing = [picture for picture in all_wanted if available.find(picture.name) is None]
    failures: list[Failure] = []
    last: dict[str, float] = {}  # host → when it was asked
    with requests.Session() as session:
        session.headers["User-Agent"] = AGENT
        for picture in progress(missing, "Fetching pictures"):
            try:
                _wait(urlsplit(picture.url).netloc, pause, last)
                _fetch(session, picture, folder)
            except (requests.RequestException, _RefusedError, ValueError, OSError) as error:
                failures.append(Failure(picture.name, picture.url, _reason(error)))
    _write_failures(failures, folder / FAILURES)
    return Fetched(len(missing) - len(failures), len(all_wanted) - len(missing), failures)


def _wait(host: str, pause: float, last: dict[str, float]) -> None:
    """Sleep until `host` was left alone for `pause` seconds."""
    if host in last:
        time.sleep(max(0.0, last[host] + pause - time.monotonic()))
    last[host] = time.monotonic()


def _fetch(session: requests.Session, picture: Wanted, folder: Path) -> None:
    if urlsplit(picture.url).scheme not in ("http", "https"):
        raise _RefusedError("not an http or https address")
    with session.get(picture.url, stream=True, timeout=TIMEOUT) as response:
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
    with replacing(folder / f"{picture.name}{suffix_of(content)}") as temporary:
        temporary.write_bytes(content)


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, _RefusedError) else f"cannot be reached ({type(error).__name__})"


def _write_failures(failures: list[Failure], file: Path) -> None:
    """Of this round; none leaves no file, so that an old list does not mislead."""
    if not failures:
        file.unlink(missing_ok=True)
        return
    write_text(file, spreadsheet_csv(pd.DataFrame(failures)))
