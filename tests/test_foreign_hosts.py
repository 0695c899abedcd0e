"""The server refuses a foreign Host (DNS rebinding) and a foreign Origin, tested over a real socket."""

import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
REFUSED, ACCEPTED = 403, 101


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def served(*options: str) -> Iterator[int]:
    """Start the app like `make app`, with more options, and yield its port."""
    port = free_port()
    words = ["-m", "core", "app", f"--server.port={port}", "--server.headless=true", *options]
    process = subprocess.Popen([sys.executable, *words], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until_served(process, port)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_until_served(process: subprocess.Popen[bytes], port: int) -> None:
    """Wait until the server accepts connections."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            assert process.poll() is None
            time.sleep(0.1)


def answer(port: int, host: str, origin: str) -> int:
    """Return the HTTP status for opening the app's WebSocket with these headers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {
        "Host": host, "Origin": origin, "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }  # fmt: skip
    connection.request("GET", "/_stcore/stream", headers=headers)
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with served() as running:
        yield running


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("localhost:{}", "http://localhost:{}", ACCEPTED),
        ("127.0.0.1:{}", "http://127.0.0.1:{}", ACCEPTED),
        ("[::1]:{}", "http://[::1]:{}", ACCEPTED),
        ("news.example:{}", "http://news.example:{}", REFUSED),  # a name that resolves to this machine
        ("news.example", "http://news.example", REFUSED),
        ("localhost.news.example:{}", "http://localhost.news.example:{}", REFUSED),
        ("localhost:{}", "http://news.example", REFUSED),
        ("localhost:{}", "null", REFUSED),
    ],
)
def test_only_names_of_this_machine_are_accepted(host, origin, status, port):
    assert answer(port, host.format(port), origin.format(port)) == status


def test_allowed_hosts_are_accepted():
    with served(
        "--server.address=0.0.0.0", "--server.allowedHosts=desk.example", "--server.allowedHosts=b.example"
    ) as port:
        assert answer(port, f"desk.example:{port}", f"http://desk.example:{port}") == ACCEPTED
        assert answer(port, f"b.example:{port}", f"http://b.example:{port}") == ACCEPTED
        assert answer(port, f"news.example:{port}", f"http://news.example:{port}") == REFUSED
