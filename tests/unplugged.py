"""A machine without a network: every attempt to reach an address or to look up a name fails, and is remembered."""

import socket

import pytest


def unplug(monkeypatch: pytest.MonkeyPatch) -> list[tuple]:
    """Pull the plug; what comes back grows by each attempt. Sockets of the machine itself (AF_UNIX) go on."""
    tried: list[tuple] = []

    def refuse(what, real=None):
        def call(*arguments, **named):
            if real is not None and arguments[0].family == socket.AF_UNIX:
                return real(*arguments, **named)
            tried.append((what, arguments))
            raise OSError("unplugged")

        return call

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse(name, getattr(socket.socket, name)))
    monkeypatch.setattr(socket, "getaddrinfo", refuse("look up"))
    return tried
