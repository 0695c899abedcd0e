"""A model hub on this machine: the part of the hub's protocol that its client uses, with faults on request.

    with LocalHub() as hub:
        hub.add("org/name", {"config.json": "{}", "model.safetensors": Path("weights")})
        hub.faults["model.safetensors"] = Fault(cut_after=1000, times=1)

`point_to(hub, home, monkeypatch)` makes this process use it, `hub.environment(home)` another one. It is also a proxy
that answers for any `http://` host, and for `https://` hosts if it has a certificate.
"""

import hashlib
import http.server
import json
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import pytest

#: Suffixes of files in the real hub's large file storage; other files are in git.
LARGE = {".safetensors", ".bin", ".pt", ".pth", ".spm", ".model", ".h5", ".onnx"}
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@dataclass
class Fault:
    """A fault in serving a file. times: number of requests it affects, None for all.

    cut_after: bytes after which the connection ends (reset: with a TCP reset); content: served instead of the file's;
    status, code: an error response; delay: seconds before the response; rate: bytes per second; method: of the requests
    it affects ("" for all).
    """

    cut_after: int | None = None
    reset: bool = False
    content: bytes | None = None
    status: int = 0
    code: str = ""
    delay: float = 0.0
    rate: int | None = None
    times: int | None = None
    method: str = "GET"


@dataclass(frozen=True)
class Request:
    """A received request. path: without the query."""

    method: str
    host: str
    path: str
    range: str
    authorization: str


@dataclass(frozen=True)
class _File:
    data: bytes
    sha256: str  # its name in the large file storage
    git_id: str  # its name in git

    @classmethod
    def of(cls, content: bytes | str | Path) -> Self:
        data = content.read_bytes() if isinstance(content, Path) else content
        data = data.encode() if isinstance(data, str) else data
        return cls(data, hashlib.sha256(data).hexdigest(), hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest())


@dataclass(frozen=True)
class _Repository:
    files: dict[str, _File]
    commit: str
    gated: bool


@dataclass
class LocalHub:
    """A hub in a thread, on a free port. faults: by file name, or "api" for requests without a file.

    redirects: serve large files from another host, like the real hub's CDN. xet: report them as stored in Xet.
    ranges: support range requests. certificate: a PEM file with key and certificate of the https host that the hub
    replaces when it is a proxy.
    """

    redirects: bool = True
    xet: bool = False
    ranges: bool = True
    certificate: Path | None = None
    faults: dict[str, Fault] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    repositories: dict[str, _Repository] = field(default_factory=dict, repr=False)

    def __enter__(self) -> Self:
        handler = type("Handler", (_Handler,), {"hub": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def add(self, repo: str, files: Mapping[str, bytes | str | Path] | Path, *, gated: bool = False) -> None:
        """Add a repository, or replace it with a new version. files: by name, or a folder."""
        if isinstance(files, Path):
            folder = files
            files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
        contents = {name: _File.of(content) for name, content in files.items()}
        digest = hashlib.sha1(repr(sorted((name, file.sha256) for name, file in contents.items())).encode())
        self.repositories[repo] = _Repository(contents, digest.hexdigest(), gated)

    def environment(self, home: Path) -> dict[str, str]:
        """Return the environment of a process that uses this hub, with its cache in `home` and without proxies."""
        off = {name: "" for each in _PROXIES for name in (each, each.lower())}
        return off | {
            "HF_ENDPOINT": self.url, "HF_HOME": str(home), "HF_HUB_CACHE": str(home / "hub"), "HF_TOKEN": "",
            "HF_HUB_OFFLINE": "", "TRANSFORMERS_OFFLINE": "", "HF_TOKEN_PATH": str(home / "token"),
        }  # fmt: skip

    def asked_for(self, name: str, method: str = "GET") -> list[Request]:
        """Return the requests for a file of the hub or its CDN, in order."""
        blobs = {f"/cdn/{repo.files[name].sha256}" for repo in self.repositories.values() if name in repo.files}
        return [
            request
            for request in self.requests
            if request.method == method and (request.path.endswith(f"/{name}") or request.path in blobs)
        ]


def point_to(hub: LocalHub, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make huggingface_hub and the libraries on top of it use `hub`, with the cache in `home`."""
    from huggingface_hub import hf_api

    for name, value in hub.environment(home).items():
        monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name, raising=False)
    use_endpoint(hub.url, monkeypatch)
    settings: dict[str, object] = {
        "HF_HOME": str(home), "HF_HUB_CACHE": str(home / "hub"), "HUGGINGFACE_HUB_CACHE": str(home / "hub"),
        "HF_TOKEN_PATH": str(home / "token"), "HF_HUB_OFFLINE": False,
    }  # fmt: skip
    for name, value in settings.items():
        monkeypatch.setattr(f"huggingface_hub.constants.{name}", value)
    monkeypatch.setattr(hf_api.api, "endpoint", hub.url)


def use_endpoint(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make huggingface_hub use another endpoint, and read the proxies and certificates of the environment again."""
    from huggingface_hub import close_session

    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", url)
    template = url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)
    close_session()


def write_certificate(host: str, folder: Path) -> Path:
    """Create a key and a self-signed certificate for `host` and its CDN, in one PEM file."""
    openssl = shutil.which("openssl")
    assert openssl, "the command openssl makes the certificate; install it"
    key, certificate, both = folder / "key.pem", folder / "certificate.pem", folder / "both.pem"
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host},DNS:cdn.{host}",
         "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    both.write_bytes(key.read_bytes() + certificate.read_bytes())
    return both


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that close the connection."""
        if not isinstance(sys.exception(), ConnectionError | ssl.SSLError):
            super().handle_error(request, client_address)


class _Handler(http.server.BaseHTTPRequestHandler):
    hub: LocalHub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Print nothing, because tests check stderr."""

    def do_CONNECT(self) -> None:
        self._remember(self.path)
        if self.hub.certificate is None:
            return self._error(502, "")
        self.send_response(200)
        self.end_headers()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.hub.certificate)
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", buffering=0)

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        url = urllib.parse.urlsplit(self.path)  # absolute if this is a proxy
        path = urllib.parse.unquote(url.path)
        self._remember(path, url.hostname)
        if path.startswith("/cdn/"):
            return self._serve_blob(path.removeprefix("/cdn/"))
        name = path.partition("/resolve/")[2].partition("/")[2] or "api"
        repo = path.partition("/resolve/")[0].removeprefix("/") if name != "api" else _repo_of_api(path)
        if self._fails(self.hub.faults.get(name)):
            return None
        repository = self.hub.repositories.get(repo)
        if repository is None:
            return self._error(401, "RepoNotFound")
        if name == "api":
            return self._serve_api(repo, repository, path)
        if repository.gated and not self.headers.get("Authorization"):
            return self._error(401, "GatedRepo")
        if name not in repository.files:
            return self._error(404, "EntryNotFound")
        return self._serve_file(repository, name)

    def _remember(self, path: str, host: str | None = None) -> None:
        at = host or self.headers.get("Host", "").partition(":")[0]
        headers = (self.headers.get(header, "") for header in ("Range", "Authorization"))
        self.hub.requests.append(Request(self.command, at, path, *headers))

    def _serve_api(self, repo: str, repository: _Repository, path: str) -> None:
        files = repository.files.items()
        body: Any
        if "/tree/" in path:
            body = [
                {"type": "file", "path": name, "size": len(file.data), "oid": file.git_id}
                | ({"lfs": _lfs(file) | {"oid": file.sha256}} if _is_large(name) else {})
                | ({"xetHash": file.sha256} if _is_large(name) and self.hub.xet else {})
                for name, file in files
            ]
        else:
            siblings = [
                {"rfilename": name, "size": len(file.data), "blobId": file.git_id}
                | ({"lfs": _lfs(file) | {"sha256": file.sha256}} if _is_large(name) else {})
                for name, file in files
            ]
            body = {"id": repo, "modelId": repo, "sha": repository.commit, "siblings": siblings, "private": False,
                    "tags": [], "gated": repository.gated and "auto"}  # fmt: skip
        self._answer(200, {"Content-Type": "application/json"}, json.dumps(body).encode())

    def _serve_file(self, repository: _Repository, name: str) -> None:
        file = repository.files[name]
        headers = {"X-Repo-Commit": repository.commit, "Accept-Ranges": "bytes"}
        if not _is_large(name):
            return self._send(name, file.data, headers | {"ETag": f'"{file.git_id}"'})
        headers |= {"X-Linked-Size": str(len(file.data)), "X-Linked-Etag": f'"{file.sha256}"'}
        headers |= {"X-Xet-Hash": file.sha256} if self.hub.xet else {}
        if not self.hub.redirects:
            return self._send(name, file.data, headers | {"ETag": f'"{file.sha256}"'})
        return self._answer(302, headers | {"Location": f"{self._cdn()}/cdn/{file.sha256}"}, b"")

    def _cdn(self) -> str:
        """Return the address of large files: this server under another name."""
        url = urllib.parse.urlsplit(self.path)
        if isinstance(self.connection, ssl.SSLSocket):
            return f"https://cdn.{self.headers['Host']}"
        return f"http://cdn.{url.netloc}" if url.netloc else f"http://localhost:{self.server.server_address[1]}"

    def _serve_blob(self, digest: str) -> None:
        for repository in self.hub.repositories.values():
            for name, file in repository.files.items():
                if file.sha256 == digest:
                    return self._send(name, file.data, {"ETag": f'"{digest}"', "Accept-Ranges": "bytes"})
        return self._error(404, "")

    def _send(self, name: str, data: bytes, headers: dict[str, str]) -> None:
        """Send a file or the requested range of it, or the fault for it."""
        fault = self.hub.faults.get(name)
        fault = fault if fault and fault.method in ("", self.command) and fault.times != 0 else None
        whole = data if fault is None or fault.content is None else fault.content
        requested = self.headers.get("Range", "") if self.hub.ranges else ""
        start = int(requested.removeprefix("bytes=").partition("-")[0] or 0)
        if start and start >= len(whole):
            return self._answer(416, {"Content-Range": f"bytes */{len(whole)}"}, b"")
        part = whole[start:] if start else whole
        if start:
            headers |= {"Content-Range": f"bytes {start}-{len(whole) - 1}/{len(whole)}"}
        status = 206 if start else 200
        if fault is not None and fault.rate is not None:
            return self._trickle(status, headers, part, fault.rate)
        if fault is None or fault.cut_after is None:
            return self._answer(status, headers, part)
        fault.times = None if fault.times is None else fault.times - 1
        return self._cut(status, headers, part, fault)

    def _trickle(self, status: int, headers: dict[str, str], part: bytes, rate: int) -> None:
        self._head(status, headers, len(part))
        for start in range(0, len(part), max(1, rate // 20)):
            time.sleep(0.05)
            self.wfile.write(part[start : start + max(1, rate // 20)])

    def _cut(self, status: int, headers: dict[str, str], part: bytes, fault: Fault) -> None:
        self._head(status, headers, len(part))
        self.wfile.write(part[: fault.cut_after])
        if fault.reset:
            time.sleep(0.05)  # what was written arrives before the reset
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        self.close_connection = True

    def _fails(self, fault: Fault | None) -> bool:
        """Return whether a fault made this request fail; send its error."""
        if fault is None or fault.method not in ("", self.command) or fault.times == 0:
            return False
        time.sleep(fault.delay)
        if not fault.status:
            return False
        fault.times = None if fault.times is None else fault.times - 1
        self._error(fault.status, fault.code)
        return True

    def _error(self, status: int, code: str) -> None:
        self._answer(status, {"X-Error-Code": code, "X-Error-Message": code or "an error"}, b"")

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self._head(status, headers, len(body))
        if self.command != "HEAD":
            self.wfile.write(body)

    def _head(self, status: int, headers: dict[str, str], length: int) -> None:
        self.send_response(status)
        for key, value in (headers | {"Content-Length": str(length)}).items():
            self.send_header(key, value)
        self.end_headers()


def _repo_of_api(path: str) -> str:
    rest = path.removeprefix("/api/models/")
    for part in ("/revision/", "/tree/"):
        rest = rest.partition(part)[0]
    return rest


def _is_large(name: str) -> bool:
    return Path(name).suffix in LARGE


def _lfs(file: _File) -> dict[str, object]:
    return {"size": len(file.data), "pointerSize": 134}
