"""Files from a model hub, against a hub on this machine: what is fetched, what is not, and every way to fail."""

import json
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.hub import download
from core.hub.client import HubError, hub_folder
from core.progress import PROGRESS_FILE
from core.storage.disk_errors import DiskError
from tests.disks import mounted
from tests.local_hub import Fault, LocalHub, point_to, use_endpoint, write_certificate

REPO = "ada/tiny"
WEIGHTS = os.urandom(3_000_000)
FILES = {"config.json": '{"a": 1}', "README.md": "# tiny", "model.safetensors": WEIGHTS, "pytorch_model.bin": b"pickle"}
PATTERNS = ("*.json", "*.txt")
ALTERNATIVES = ("open_clip_model.safetensors", "model.safetensors", "model-*.safetensors", "pytorch_model.bin")


def fetch(repo: str = REPO) -> Path:
    return hub_folder(
        repo, PATTERNS, ALTERNATIVES, what="the weights of 'tiny'", instead="use --encoder lite, which is built in."
    )


def failure(reason: str, repo: str = REPO) -> str:
    """Return the error message of a download that fails for this reason."""
    with pytest.raises(HubError) as raised:
        fetch(repo)
    assert raised.value.reason == reason, raised.value
    message = str(raised.value)
    assert "the weights of 'tiny'" in message
    assert message.endswith("Use --encoder lite, which is built in.")
    return message


@pytest.fixture
def hub(local_hub: LocalHub, monkeypatch: pytest.MonkeyPatch) -> LocalHub:
    monkeypatch.setattr(download, "WAITS", (0.01, 0.01))
    local_hub.add(REPO, FILES)
    return local_hub


@pytest.fixture
def progress_step(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[], dict]:
    """Return a function that reads the progress as a page does."""
    monkeypatch.setenv(PROGRESS_FILE, str(tmp_path / "progress.json"))
    monkeypatch.setattr("core.progress.SECONDS_BETWEEN_WRITES", -1.0)
    return lambda: json.loads((tmp_path / "progress.json").read_text())


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A machine without DNS: the hosts that were looked up all the same; numbers are no names."""
    real, hosts = socket.getaddrinfo, []

    def getaddrinfo(host, *arguments, **named):
        if host in ("127.0.0.1", b"127.0.0.1"):
            return real(host, *arguments, **named)
        hosts.append(str(host))
        raise socket.gaierror(socket.EAI_AGAIN, "no name server")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return hosts


def test_only_what_is_wanted_is_fetched_and_only_once(hub: LocalHub, capsys: pytest.CaptureFixture[str]) -> None:
    folder = fetch()
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", "model.safetensors"]
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS
    assert (folder / "config.json").read_text() == FILES["config.json"]
    asked = len(hub.requests)
    assert fetch() == folder
    assert len(hub.requests) == asked, "a complete snapshot needs no network"
    assert capsys.readouterr() == ("", "")


def test_the_first_format_there_is_wins(hub: LocalHub) -> None:
    hub.add(REPO, {"config.json": "{}", "pytorch_model.bin": b"pickle", "onnx/config.json": "{}"})
    assert sorted(path.name for path in fetch().iterdir()) == ["config.json", "pytorch_model.bin"]
    hub.add(
        "ada/shards", {f"model-0000{n}-of-00002.safetensors": b"%d" % n for n in (1, 2)} | {"pytorch_model.bin": b"p"}
    )
    assert len(list(fetch("ada/shards").iterdir())) == 2


def test_a_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    assert fetch(str(tmp_path)) == tmp_path


@pytest.mark.parametrize("reset", [False, True])
def test_cut_in_the_middle_it_continues_where_it_was(hub: LocalHub, reset: bool) -> None:
    hub.faults["model.safetensors"] = Fault(cut_after=1_200_000, times=2, reset=reset)
    assert (fetch() / "model.safetensors").read_bytes() == WEIGHTS
    ranges = [request.range for request in hub.asked_for("model.safetensors") if request.path.startswith("/cdn/")]
    assert len(ranges) == 3
    assert ranges[0] == ""
    assert all(range.startswith("bytes=") for range in ranges[1:])


def test_the_next_try_continues_where_the_last_one_gave_up(hub: LocalHub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.faults["model.safetensors"] = Fault(cut_after=1_200_000, times=1)
    with monkeypatch.context() as impatient:
        impatient.setattr(download, "WAITS", ())
        assert "MB are stored" in failure("offline")
    assert (fetch() / "model.safetensors").read_bytes() == WEIGHTS
    assert hub.asked_for("model.safetensors")[-1].range == "bytes=1200000-"


def test_a_hub_that_ignores_ranges_is_read_from_the_start(hub: LocalHub) -> None:
    hub.ranges = False
    hub.faults["model.safetensors"] = Fault(cut_after=1_200_000, times=1)
    assert (fetch() / "model.safetensors").read_bytes() == WEIGHTS


def test_no_such_repository(hub: LocalHub) -> None:
    assert f"{hub.url}/ada/tinny" in failure("not found", "ada/tinny")
    failure("not found", "no/such/name")
    assert hub.asked_for("config.json") == []


def test_no_such_file(hub: LocalHub) -> None:
    hub.add(REPO, {"config.json": "{}", "flax_model.msgpack": b"other"})
    assert "pytorch_model.bin" in failure("not found")


def test_gated(hub: LocalHub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.add(REPO, FILES, gated=True)
    message = failure("gated")
    assert f"{hub.url}/{REPO}" in message
    assert "HF_TOKEN" in message
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    assert (fetch() / "model.safetensors").read_bytes() == WEIGHTS
    at_cdn = [request.authorization for request in hub.requests if request.path.startswith("/cdn/")]
    assert at_cdn == [""], "the token is for the hub alone"


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_a_token_without_the_right(hub: LocalHub, name: str) -> None:
    hub.faults[name] = Fault(status=403, method="")
    assert "HF_TOKEN" in failure("gated")


@pytest.mark.parametrize("content", [WEIGHTS[:-1], WEIGHTS + b"1", WEIGHTS[:-1] + bytes([WEIGHTS[-1] ^ 1]), b""])
def test_damaged_weights_are_deleted_and_fetched_again(hub: LocalHub, content: bytes) -> None:
    hub.faults["model.safetensors"] = Fault(content=content)
    assert "model.safetensors" in failure("damaged")
    assert not [path for path in (Path(os.environ["HF_HUB_CACHE"])).rglob("*") if path.name.startswith("model.safe")]
    assert not list(Path(os.environ["HF_HUB_CACHE"]).rglob("*.incomplete"))
    hub.faults.clear()
    assert (fetch() / "model.safetensors").read_bytes() == WEIGHTS


def test_a_file_without_end_is_not_read_to_its_end(hub: LocalHub, progress_step: Callable[[], dict]) -> None:
    hub.faults["model.safetensors"] = Fault(content=WEIGHTS + bytes(40_000_000))
    failure("damaged")
    assert progress_step()["done"] < 4_000_000


def test_weights_cut_short_in_the_cache_are_fetched_again(hub: LocalHub) -> None:
    (fetch() / "model.safetensors").resolve().write_bytes(WEIGHTS[:100])
    assert (fetch() / "model.safetensors").read_bytes() == WEIGHTS


def test_a_server_in_trouble(hub: LocalHub) -> None:
    hub.faults["api"] = Fault(status=503)
    assert "503" in failure("refused")
    hub.faults = {"model.safetensors": Fault(status=500, times=2)}
    assert fetch().is_dir(), "a passing error is tried again"


def test_an_answer_that_no_hub_gives(hub: LocalHub) -> None:
    hub.faults["api"] = Fault(status=200)  # an empty page, as the login of a network may be
    assert "HF_ENDPOINT" in failure("refused")


def test_two_at_once_fetch_it_once(hub: LocalHub) -> None:
    hub.faults["model.safetensors"] = Fault(rate=10_000_000)
    with ThreadPoolExecutor(2) as threads:
        folders = list(threads.map(lambda _: fetch(), range(2)))
    assert folders[0] == folders[1]
    assert len([request for request in hub.asked_for("model.safetensors") if request.path.startswith("/cdn/")]) == 1


def test_a_mirror_is_used_for_everything_whatever_storage_it_names(hub: LocalHub, looked_up: list[str]) -> None:
    """The hub's own fast protocol (Xet) asks another host, which a mirror does not stand in for."""
    hub.xet, hub.redirects = True, False
    assert (fetch() / "model.safetensors").read_bytes() == WEIGHTS
    assert looked_up == []


def test_a_proxy_looks_the_names_up(hub: LocalHub, looked_up: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", hub.url)
    use_endpoint("http://hub.invalid", monkeypatch)
    assert (fetch() / "model.safetensors").read_bytes() == WEIGHTS
    assert looked_up == []
    assert {request.host for request in hub.requests} == {"hub.invalid", "cdn.hub.invalid"}
    monkeypatch.setenv("NO_PROXY", "hub.invalid")
    use_endpoint("http://hub.invalid", monkeypatch)
    hub.add(REPO, FILES)
    message = failure("offline", "ada/other")
    assert "hub.invalid" in message
    assert "through the proxy" not in message
    assert looked_up


def test_a_proxy_of_an_encrypted_hub(
    hub: LocalHub, looked_up: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hub.certificate = write_certificate("hub.invalid", tmp_path)
    monkeypatch.setenv("HTTPS_PROXY", hub.url.replace("://", "://ada:secret@"))
    use_endpoint("https://hub.invalid", monkeypatch)
    message = failure("offline")
    assert "SSL_CERT_FILE" in message
    assert "secret" not in message
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    use_endpoint("https://hub.invalid", monkeypatch)
    assert (fetch() / "model.safetensors").read_bytes() == WEIGHTS
    assert looked_up == []
    assert {request.path for request in hub.requests if request.method == "CONNECT"} >= {"hub.invalid:443"}


def test_a_proxy_that_does_not_answer_is_named(hub: LocalHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", hub.url)  # without a certificate it refuses to connect
    use_endpoint("https://hub.invalid", monkeypatch)
    assert f"proxy {hub.url}" in failure("offline")


def test_without_a_network_the_answer_comes_at_once(hub: LocalHub, looked_up, monkeypatch: pytest.MonkeyPatch) -> None:
    use_endpoint("https://hub.invalid", monkeypatch)
    begun = time.monotonic()
    assert "https://hub.invalid" in failure("offline")
    use_endpoint("http://127.0.0.1:9", monkeypatch)
    failure("offline")
    assert time.monotonic() - begun < 2


def test_a_hub_that_takes_no_connection_counts_as_offline(hub: LocalHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.hub.client._CONNECT_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        address = full.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:  # fill its queue, so that it answers no more
            each.setblocking(False)
            each.connect_ex(address)
        use_endpoint(f"http://127.0.0.1:{address[1]}", monkeypatch)
        begun = time.monotonic()
        failure("offline")
        assert time.monotonic() - begun < 3
        for each in waiting:
            each.close()


def test_offline_the_cache_is_enough(hub: LocalHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert "HF_HUB_OFFLINE" in failure("offline")
    assert hub.requests == []
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    folder = fetch()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert fetch() == folder


def test_what_another_program_fetched_is_enough_offline(hub: LocalHub, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import hf_hub_download

    hf_hub_download(REPO, "config.json")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    failure("offline")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    hf_hub_download(REPO, "pytorch_model.bin")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert (fetch() / "pytorch_model.bin").read_bytes() == b"pickle"


def _limit_files(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_is_full_in_the_middle(hub: LocalHub, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = os.environ["HF_HUB_CACHE"]
    lift = _limit_files(monkeypatch)
    try:
        assert cache in failure("disk full")
    finally:
        lift()
    assert not list(Path(cache).rglob("*.incomplete")), "what cannot be completed takes no room"
    assert (fetch() / "model.safetensors").read_bytes() == WEIGHTS


def test_a_disk_without_room_is_not_filled(hub: LocalHub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", 2) as disk:
        point_to(hub, disk.folder, monkeypatch)
        message = failure("disk full")
        assert str(disk.folder) in message
        assert "3 MB" in message
        assert hub.asked_for("model.safetensors") == []


def test_a_read_only_cache_is_read(hub: LocalHub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", 8) as disk:
        point_to(hub, disk.folder, monkeypatch)
        folder = fetch()
        hub.add("ada/other", FILES)
        with disk.read_only():
            assert fetch() == folder
            with pytest.raises(DiskError, match="read-only"):
                fetch("ada/other")


def test_a_cache_that_is_a_file(hub: LocalHub) -> None:
    cache = Path(os.environ["HF_HUB_CACHE"])
    cache.parent.mkdir(parents=True, exist_ok=True)
    cache.write_text("in the way")
    with pytest.raises(DiskError, match=str(cache)):
        fetch()


def test_a_page_reads_how_much_has_arrived(hub: LocalHub, progress_step: Callable[[], dict]) -> None:
    fetch()
    step = progress_step()
    assert (step["done"], step["total"], step["unit"]) == (len(WEIGHTS), len(WEIGHTS), "B")
    assert step["speed"] > 0
    assert "the weights of 'tiny'" in step["label"]


def test_another_process_uses_it_by_its_environment(hub: LocalHub, tmp_path: Path) -> None:
    code = f"from core.hub.client import hub_folder; print(hub_folder({REPO!r}, ['*.json'], what='it', instead='no'))"
    environment = os.environ | hub.environment(tmp_path / "other")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert (Path(done.stdout.strip()) / "config.json").read_text() == FILES["config.json"]
    assert done.stderr == ""
