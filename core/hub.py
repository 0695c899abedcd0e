"""Weights from a hub: its clients are told at once that there is no network, and log nothing on the way."""

import logging
import socket
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from huggingface_hub import constants as hub
from huggingface_hub import snapshot_download


@contextmanager
def silent_logs() -> Iterator[None]:
    """What open_clip and the hub's client log on the way is not for the user; how it ended is."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


@contextmanager
def offline_unless_reachable() -> Iterator[None]:
    """Let the hub's client look only into its cache where its host has no address, instead of a minute of retries."""
    offline = hub.HF_HUB_OFFLINE
    if not urllib.request.getproxies():
        try:
            socket.getaddrinfo(urllib.parse.urlsplit(hub.ENDPOINT).hostname, 443)
        except OSError:
            hub.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        hub.HF_HUB_OFFLINE = offline


def model_folder(name: str, files: Sequence[str]) -> Path:
    """Where a model lies: a folder as it is, anything else from a hub or its cache, of which only `files` (patterns).

    Raises whatever the hub's client does: errors of its own, of its HTTP library and of the system.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    with silent_logs(), offline_unless_reachable():
        return Path(snapshot_download(name, allow_patterns=list(files)))


def hub_folder(repo, files, weights=(), *, what, instead):
    from core.errors import InputError

    folder = Path(repo).expanduser()
    if folder.is_dir():
        return folder
    try:
        with silent_logs(), offline_unless_reachable():
            return Path(snapshot_download(repo, allow_patterns=[*files, *weights]))
    except Exception as error:
        raise InputError(f"{what} could not be fetched ({type(error).__name__}). {instead}.") from error
