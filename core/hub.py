"""Weights from a hub: its clients are told at once that there is no network, and log nothing on the way."""

import logging
import socket
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from huggingface_hub import constants as hub


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
