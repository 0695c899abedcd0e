"""Resumable, verified downloads of large files from a model hub.

huggingface_hub discards a partial download when it fails, does not retry after a connection reset, and its faster
protocol (Xet) bypasses a mirror. Therefore large files are downloaded here by plain HTTP, into its cache.
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

#: Seconds before each retry after an attempt that received nothing; their sum is the longest outage that is bridged.
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
    """Return the path that stores the first part of a file until the download is complete."""
    return blob.with_name(f"{blob.name}.incomplete")


def fetch(file: HubFile, blob: Path, lock: Path, report: Callable[[int], None]) -> None:
    """Download `file` to `blob`, resuming an earlier attempt. report: called with the number of bytes received.

    Raises HubError (damaged; offline after WAITS without an answer), and the errors of the hub's client and the system.
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
    """Append to `stream` until `file` is complete, reconnecting when a connection ends early."""
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
    """Send one request for the missing bytes and append them to `stream`."""
    start = stream.tell()
    headers = build_hf_headers() | {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
    url = hf_hub_url(file.repo, file.name, revision=file.commit)
    timeout = constants.HF_HUB_DOWNLOAD_TIMEOUT
    with get_session().stream("GET", url, headers=headers, timeout=timeout) as response:
        if response.status_code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise _wrong_size(file, start)
        hf_raise_for_status(response)
        if start and response.status_code != http.HTTPStatus.PARTIAL_CONTENT:  # the server sends the whole file
            stream.truncate(0)
            stream.seek(0)
        for chunk in response.iter_bytes():  # written at once, so that a lost connection loses nothing
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
