"""A machine without a network: every connection and name look-up fails and is recorded."""

import socket

import pytest


def unplug(monkeypatch: pytest.MonkeyPatch) -> list[tuple]:
    """Disable the network and return a list that records each attempt. Local sockets (AF_UNIX) still work."""
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
