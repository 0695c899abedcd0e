"""Files of a model: a local folder, or a repository of a model hub, from its cache or downloaded.

All of Rematch fetches files from a hub through `hub_folder`.
"""

import glob
import json
import logging
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import httpx2
from huggingface_hub import HfApi, get_cached_repo_tree, snapshot_download
from huggingface_hub import constants as hub
from huggingface_hub.errors import CachedRepoTreeNotFoundError, LocalEntryNotFoundError
from huggingface_hub.file_download import repo_folder_name
from huggingface_hub.hf_api import ModelInfo, RepoSibling
from tqdm.auto import tqdm

from core.errors import listed
from core.hub.download import HubFile, fetch, partial_path
from core.hub.errors import FETCH_ERRORS, HubError, explain, no_hub, no_space
from core.progress import progress_reporter

__all__ = ["HubError", "hub_folder", "silent_logs"]

_CONNECT_SECONDS = 4.0  # a hub that has not accepted the connection by then counts as unreachable


@contextmanager
def silent_logs() -> Iterator[None]:
    """Silence the logging of open_clip and the hub's client in the block; users see only the outcome."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def hub_folder(repo: str, files: Sequence[str], weights: Sequence[str] = (), *, what: str, instead: str) -> Path:
    """Return the local folder of a model: `repo` itself if it is a folder, else its snapshot in the hub's cache.

    Cached files are used without checking the hub for a newer version; missing files are downloaded.

    files: glob patterns; every match is fetched. weights: glob patterns in order of preference; only the matches of
    the first pattern that has any are fetched. Patterns match in the folder they name, not below it.
    what, instead: for errors, as in "the tagger 'x'" and "use --tagger /path/of/its/folder".
    Raises HubError, or DiskError if the hub's cache is not writable.
    """
    folder = Path(repo).expanduser()
    if folder.is_dir():
        return folder
    request = _Request(repo, tuple(files), tuple(weights), what)
    try:
        with silent_logs():
            return _from_cache(request) or _from_hub(request)
    except FETCH_ERRORS as error:
        why = explain(error, repo)
        if not isinstance(why, HubError):
            raise why from error
        remedy = instead[:1].upper() + instead[1:].rstrip(".")
        raise HubError(why.reason, f"{what} could not be fetched: {why}. {remedy}.") from error


@dataclass(frozen=True)
class _Request:
    repo: str
    files: tuple[str, ...]
    weights: tuple[str, ...]
    what: str

    def select(self, names: Iterable[str]) -> list[str]:
        """Return the files of a repository to fetch; none if weights are requested and it has none."""
        available = sorted(names)
        found = (_matches(available, pattern) for pattern in self.weights)
        weights = next((names for names in found if names), [])
        if self.weights and not weights:
            return []
        files = {name for pattern in self.files for name in _matches(available, pattern)}
        return sorted(files.union(weights))


def _matches(names: Iterable[str], pattern: str) -> list[str]:
    depth = pattern.count("/")  # fnmatch's * crosses slashes
    return [name for name in names if name.count("/") == depth and fnmatchcase(name, pattern)]


def _from_cache(request: _Request) -> Path | None:
    """Return the snapshot in the hub's cache if it is complete according to the cached list of files, else None."""
    try:
        sizes = {file.path: file.size for file in get_cached_repo_tree(request.repo)}
        names = request.select(sizes)
        folder = _snapshot(request.repo, names, local_files_only=True)
    except (CachedRepoTreeNotFoundError, LocalEntryNotFoundError):
        return None
    damaged = [folder / name for name in names if (folder / name).stat().st_size != sizes[name]]
    for path in damaged:
        path.resolve().unlink(missing_ok=True)
        path.unlink(missing_ok=True)
    return folder if names and not damaged else None


def _from_unlisted_cache(request: _Request) -> Path | None:
    """Return a snapshot that another program cached without a list of files, if it may be sufficient, else None."""
    try:
        folder = Path(snapshot_download(request.repo, local_files_only=True))
    except LocalEntryNotFoundError:
        return None
    available = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return folder if request.select(available) else None


def _from_hub(request: _Request) -> Path:
    try:
        info = _model_info(request.repo)
    except FETCH_ERRORS:
        folder = _from_unlisted_cache(request)
        if folder is None:
            raise
        return folder
    siblings = {file.rfilename: file for file in info.siblings or []}
    names = request.select(siblings)
    if not names:
        missing = listed(request.weights or request.files)
        raise HubError("not found", f"{hub.ENDPOINT}/{request.repo} has none of the files {missing}")
    _fetch_large(request, [_large(request.repo, str(info.sha), siblings[name]) for name in names])
    return _snapshot(request.repo, names)


def _model_info(repo: str) -> ModelInfo:
    """Return a repository's files and their checksums from the hub."""
    timeout: Any = httpx2.Timeout(hub.HF_HUB_ETAG_TIMEOUT, connect=_CONNECT_SECONDS)
    try:
        return HfApi().model_info(repo, files_metadata=True, timeout=timeout)
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise no_hub(error) from error


def _large(repo: str, commit: str, file: RepoSibling) -> HubFile | None:
    lfs = file.lfs
    return None if lfs is None else HubFile(repo, commit, file.rfilename, lfs.size, lfs.sha256)


def _fetch_large(request: _Request, files: Iterable[HubFile | None]) -> None:
    """Download files of the hub's large file storage into the cache of its client."""
    cache = Path(hub.HF_HUB_CACHE).expanduser().resolve()
    name = repo_folder_name(repo_id=request.repo, repo_type="model")
    blobs = cache / name / "blobs"
    missing = [file for file in files if file is not None and not (blobs / file.sha256).exists()]
    if not missing:
        return
    _check_space(cache, missing, blobs)
    total, done = sum(file.size for file in missing), 0
    with progress_reporter(f"Downloading {request.what}", unit="B") as report:
        for file in missing:

            def count(received: int, before: int = done) -> None:
                report(before + received, total)

            lock = cache / ".locks" / name / f"{file.sha256}.lock"  # the client's own
            fetch(file, blobs / file.sha256, lock, count)
            done += file.size


def _check_space(cache: Path, missing: Iterable[HubFile], blobs: Path) -> None:
    cache.mkdir(parents=True, exist_ok=True)
    partials = [(file, partial_path(blobs / file.sha256)) for file in missing]
    needed = sum(file.size - (path.stat().st_size if path.exists() else 0) for file, path in partials)
    free = shutil.disk_usage(cache).free
    if needed > free:
        raise no_space(needed, free)


def _snapshot(repo: str, names: Sequence[str], *, local_files_only: bool = False) -> Path:
    """Return the snapshot folder with the files `names`; small files are fetched, large files linked."""
    patterns = [glob.escape(name) for name in names]
    return Path(snapshot_download(repo, allow_patterns=patterns, local_files_only=local_files_only, tqdm_class=_NoBar))


class _NoBar(tqdm):
    """The client's progress bar for small files, always hidden."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named | {"disable": True})
