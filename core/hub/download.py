"""Large files from a model hub: fetched in pieces that add up over several tries, and checked before they are used.

huggingface_hub discards what has arrived when a download fails, does not retry after a connection was reset, and its
faster protocol (Xet) goes around a mirror. So large files are fetched here by plain HTTP, into its cache.
"""

import hashlib
import http
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx2
from filelock import FileLock
from huggingface_hub import constants, get_session, hf_hub_url
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.utils import build_hf_headers, hf_raise_for_status

from core.hub.errors import HubError, damaged, unreachable
from core.storage.disk_errors import is_full

#: Seconds before each try after one that brought nothing new; together what an outage may last.
WAITS = (0.5, 1.0, 2.0, 4.0, 8.0)
_TRANSIENT = {408, 429, 500, 502, 503, 504}


@dataclass(frozen=True)
class HubFile:
    """A file in a hub's large file storage. commit: 40 hex digits; size: in bytes; sha256: 64 hex digits."""

    repo: str
    commit: str
    name: str
    size: int
    sha256: str


def partial_path(blob: Path) -> Path:
    """Return where the first part of a file is stored until all of it is there."""
    return blob.with_name(f"{blob.name}.incomplete")


def fetch(file: HubFile, blob: Path, lock: Path, report: Callable[[int], None]) -> None:
    """Fetch `file` to `blob`, continuing what an earlier try left. report: called with the bytes that are there.

    Raises HubError (damaged; offline after WAITS without an answer), and what the hub's client and the system raise.
    """
    blob.parent.mkdir(parents=True, exist_ok=True)
    lock.parent.mkdir(parents=True, exist_ok=True)
    partial = partial_path(blob)
    with FileLock(lock):
        if blob.exists():  # another process fetched it meanwhile
            return
        try:
            with partial.open("ab") as stream:
                _receive(file, stream, report)
            _check(file, partial)
        except httpx2.TransportError as error:
            stored = f"{partial.stat().st_size / 1e6:,.0f} of {file.size / 1e6:,.0f} MB"
            raise unreachable(str(error) or type(error).__name__, stored) from error
        except (HubError, OSError) as error:
            if isinstance(error, HubError) or is_full(error):
                partial.unlink(missing_ok=True)
            raise
        partial.replace(blob)


def _receive(file: HubFile, stream: IO[bytes], report: Callable[[int], None]) -> None:
    """Append to `stream` until all of `file` is there, through connections that end too early."""
    failures = 0
    while (start := stream.tell()) < file.size:
        failed: Exception | None = None
        try:
            _append(file, stream, report)
        except httpx2.TransportError as error:
            failed = error
        except HfHubHTTPError as error:
            if error.response.status_code not in _TRANSIENT:
                raise
            failed = error
        if stream.tell() > start:
            failures = 0
        if stream.tell() < file.size:
            if failures == len(WAITS):
                raise failed or _wrong_size(file, stream.tell())
            time.sleep(WAITS[failures])
            failures += 1


def _append(file: HubFile, stream: IO[bytes], report: Callable[[int], None]) -> None:
    """Send one request for what is missing and write what arrives."""
    start = stream.tell()
    headers = build_hf_headers() | {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
    url = hf_hub_url(file.repo, file.name, revision=file.commit)
    timeout = constants.HF_HUB_DOWNLOAD_TIMEOUT
    with get_session().stream("GET", url, headers=headers, timeout=timeout) as response:
        if response.status_code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise _wrong_size(file, start)
        hf_raise_for_status(response)
        if start and response.status_code != http.HTTPStatus.PARTIAL_CONTENT:  # all of it again
            stream.truncate(0)
            stream.seek(0)
        for chunk in response.iter_bytes():  # as they come, so that nothing is lost by a cut
            stream.write(chunk)
            report(stream.tell())
            if stream.tell() > file.size:
                return


def _check(file: HubFile, path: Path) -> None:
    size = path.stat().st_size
    if size != file.size:
        raise _wrong_size(file, size)
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if digest != file.sha256:
        raise damaged(file.repo, file.name, f"its SHA-256 begins with {digest[:12]}", f"{file.sha256[:12]}")


def _wrong_size(file: HubFile, size: int) -> HubError:
    return damaged(file.repo, file.name, f"{size:,} bytes", f"{file.size:,}")
