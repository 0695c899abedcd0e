"""The files of a model: a folder as it is, or a repository of a model hub, from its cache or fetched.

Everything in Rematch that needs files from a hub goes through `hub_folder`.
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
from core.hub.errors import FETCH_ERRORS, HubError, explain, no_hub, no_room
from core.progress import progress_reporter

__all__ = ["HubError", "hub_folder", "silent_logs"]

_CONNECT_SECONDS = 4.0  # a hub that does not even take the connection by then counts as unreachable


@contextmanager
def silent_logs() -> Iterator[None]:
    """What open_clip and the hub's client log on the way is not for the user; how it ended is."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def hub_folder(repo: str, files: Sequence[str], weights: Sequence[str] = (), *, what: str, instead: str) -> Path:
    """Return the local folder of a model: `repo` itself if it is one, else its snapshot in the hub's cache.

    What is in the cache is used as it is, without asking the hub for a newer version; the rest is fetched.

    files: glob patterns; every match is fetched. weights: glob patterns in order of preference; only what the first
    one with a match matches is fetched. Patterns match in the folder they name, not below it.
    what, instead: for errors, as in "the tagger 'x'" and "use --tagger /path/of/its/folder".
    Raises HubError, or DiskError if the hub's cache may not be written.
    """
    folder = Path(repo).expanduser()
    if folder.is_dir():
        return folder
    wanted = _Wanted(repo, tuple(files), tuple(weights), what)
    try:
        with silent_logs():
            return _from_cache(wanted) or _from_hub(wanted)
    except FETCH_ERRORS as error:
        why = explain(error, repo)
        if not isinstance(why, HubError):
            raise why from error
        remedy = instead[:1].upper() + instead[1:].rstrip(".")
        raise HubError(why.reason, f"{what} could not be fetched: {why}. {remedy}.") from error


@dataclass(frozen=True)
class _Wanted:
    repo: str
    files: tuple[str, ...]
    weights: tuple[str, ...]
    what: str

    def of(self, names: Iterable[str]) -> list[str]:
        """Return which of a repository's files are wanted; none if there are no weights among them, but should be."""
        there = sorted(names)
        found = (_matches(there, pattern) for pattern in self.weights)
        weights = next((names for names in found if names), [])
        if self.weights and not weights:
            return []
        files = {name for pattern in self.files for name in _matches(there, pattern)}
        return sorted(files.union(weights))


def _matches(names: Iterable[str], pattern: str) -> list[str]:
    depth = pattern.count("/")  # fnmatch's * crosses slashes
    return [name for name in names if name.count("/") == depth and fnmatchcase(name, pattern)]


def _from_cache(wanted: _Wanted) -> Path | None:
    """Return the snapshot in the hub's cache if the list of the repository's files says that it is complete."""
    try:
        sizes = {file.path: file.size for file in get_cached_repo_tree(wanted.repo)}
        names = wanted.of(sizes)
        folder = _snapshot(wanted.repo, names, local_files_only=True)
    except (CachedRepoTreeNotFoundError, LocalEntryNotFoundError):
        return None
    damaged = [folder / name for name in names if (folder / name).stat().st_size != sizes[name]]
    for path in damaged:
        path.resolve().unlink(missing_ok=True)
        path.unlink(missing_ok=True)
    return folder if names and not damaged else None


def _from_unlisted_cache(wanted: _Wanted) -> Path | None:
    """Return what another program left in the hub's cache, without a list of what there is, if it may be enough."""
    try:
        folder = Path(snapshot_download(wanted.repo, local_files_only=True))
    except LocalEntryNotFoundError:
        return None
    there = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return folder if wanted.of(there) else None


def _from_hub(wanted: _Wanted) -> Path:
    try:
        info = _model_info(wanted.repo)
    except FETCH_ERRORS:
        folder = _from_unlisted_cache(wanted)
        if folder is None:
            raise
        return folder
    siblings = {file.rfilename: file for file in info.siblings or []}
    names = wanted.of(siblings)
    if not names:
        missing = listed(wanted.weights or wanted.files)
        raise HubError("not found", f"{hub.ENDPOINT}/{wanted.repo} holds none of the files {missing}")
    _fetch_large(wanted, [_large(wanted.repo, str(info.sha), siblings[name]) for name in names])
    return _snapshot(wanted.repo, names)


def _model_info(repo: str) -> ModelInfo:
    """Ask the hub for a repository's files and their checksums."""
    timeout: Any = httpx2.Timeout(hub.HF_HUB_ETAG_TIMEOUT, connect=_CONNECT_SECONDS)
    try:
        return HfApi().model_info(repo, files_metadata=True, timeout=timeout)
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise no_hub(error) from error


def _large(repo: str, commit: str, file: RepoSibling) -> HubFile | None:
    lfs = file.lfs
    return None if lfs is None else HubFile(repo, commit, file.rfilename, lfs.size, lfs.sha256)


def _fetch_large(wanted: _Wanted, files: Iterable[HubFile | None]) -> None:
    """Put the files of the hub's large file storage where its client finds them."""
    cache = Path(hub.HF_HUB_CACHE).expanduser().resolve()
    name = repo_folder_name(repo_id=wanted.repo, repo_type="model")
    blobs = cache / name / "blobs"
    missing = [file for file in files if file is not None and not (blobs / file.sha256).exists()]
    if not missing:
        return
    _check_room(cache, missing, blobs)
    total, done = sum(file.size for file in missing), 0
    with progress_reporter(f"Downloading {wanted.what}", unit="B") as report:
        for file in missing:

            def count(there: int, before: int = done) -> None:
                report(before + there, total)

            lock = cache / ".locks" / name / f"{file.sha256}.lock"  # the client's own
            fetch(file, blobs / file.sha256, lock, count)
            done += file.size


def _check_room(cache: Path, missing: Iterable[HubFile], blobs: Path) -> None:
    cache.mkdir(parents=True, exist_ok=True)
    partials = [(file, partial_path(blobs / file.sha256)) for file in missing]
    needed = sum(file.size - (path.stat().st_size if path.exists() else 0) for file, path in partials)
    free = shutil.disk_usage(cache).free
    if needed > free:
        raise no_room(needed, free)


def _snapshot(repo: str, names: Sequence[str], *, local_files_only: bool = False) -> Path:
    """Return the snapshot folder with `names` in it; small files are fetched, large ones are linked."""
    patterns = [glob.escape(name) for name in names]
    return Path(snapshot_download(repo, allow_patterns=patterns, local_files_only=local_files_only, tqdm_class=_NoBar))


class _NoBar(tqdm):
    """The client's bar for small files, never shown."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named | {"disable": True})
