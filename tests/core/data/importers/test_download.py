"""Images are fetched from a server on this machine: what comes is checked, what is missing is asked for again."""

import re
import shlex
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO

import pandas as pd
import pytest
from PIL import Image

from core.data.importers import import_domain
from core.data.importers.images import download
from core.data.importers.images.download import FAILURES, ImageToFetch, download_images
from core.data.importers.images.fetched_names import MANIFEST, read_manifest
from core.errors import InputError


def jpeg(number: int = 0) -> bytes:
    """A JPEG whose colour is its number."""
    out = BytesIO()
    Image.new("RGB", (8, 8), (number * 7 % 256, 90, 200)).save(out, "JPEG")
    return out.getvalue()


def number_of(path: str) -> int:
    """The number in a path after an n, as in /media/n5/1000.jpg; 0 without one."""
    found = re.search(r"[nN](\d+)", path)
    return int(found[1]) if found else 0


class Server(ThreadingHTTPServer):
    """Answers by path; `asked` are the paths, `agents` who asked, `broken` the ones that fail at the moment."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str] = []
        self.agents: set[str] = set()
        self.broken: set[str] = set()

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.server.agents.add(self.headers["User-Agent"])
        if self.path.startswith("/gone") or self.path in self.server.broken:
            self.send_error(404)
        elif self.path.startswith("/moved"):
            self.send_response(301)
            self.send_header("Location", "/real.jpg")
            self.end_headers()
        else:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(
                b"<html>please log in</html>" if self.path.startswith("/page") else jpeg(number_of(self.path))
            )

    def log_message(self, *_: object) -> None:
        """No noise."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
        yield running
        running.shutdown()


def test_what_is_an_image_is_kept_and_what_is_not_is_listed(server, tmp_path):
    wanted = [
        ImageToFetch(path, f"{server.root}/{path}.jpg") for path in ("1", "moved", "gone", "page")
    ] + [ImageToFetch("local", "file:///etc/passwd"), ImageToFetch("nowhere", "http://127.0.0.1:1/x.jpg")]  # fmt: skip
    fetched = download_images(wanted, tmp_path, pause=0)
    assert (fetched.fetched, fetched.there) == (2, 0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.jpg", FAILURES, MANIFEST, "moved.jpg"]
    reasons = pd.read_csv(tmp_path / FAILURES).set_index("name")["reason"].to_dict()
    keywords = {"gone": "404", "page": "HTML", "local": "https", "nowhere": "ConnectionError"}
    assert reasons.keys() == keywords.keys()
    assert all(keyword in reasons[name] for name, keyword in keywords.items()), reasons
    assert all("Rematch" in agent for agent in server.agents)


def test_a_second_round_asks_only_for_what_is_missing(server, tmp_path):
    wanted = [ImageToFetch(str(n), f"{server.root}/{n}.jpg") for n in range(4)]
    server.broken = {"/2.jpg"}
    download_images(wanted, tmp_path, pause=0)
    server.asked.clear()
    server.broken = set()
    again = download_images(wanted, tmp_path, pause=0)
    assert server.asked == ["/2.jpg"]
    assert (again.fetched, again.there, again.failures) == (1, 3, [])
    assert not (tmp_path / FAILURES).exists()


def test_a_host_is_left_alone_between_two_requests(server, tmp_path, monkeypatch):
    slept: list[float] = []
    monkeypatch.setattr(download.time, "sleep", slept.append)
    download_images([ImageToFetch(str(n), f"{server.root}/{n}.jpg") for n in range(3)], tmp_path, pause=5)
    assert len(slept) == 2
    assert all(4 < seconds <= 5 for seconds in slept)


def test_what_is_too_large_is_not_read_to_its_end(server, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "MAX_BYTES", 100)
    failures = download_images([ImageToFetch("1", f"{server.root}/1.jpg")], tmp_path, pause=0).failures
    assert failures[0].reason.startswith("more than")


def test_a_release_without_images_is_fetched_then_imported(server, verb, workspace, tmp_path):
    rows = [f"{n}\t{n}\t\t{server.root}/a/b{n}.jpg\t{n + 500}\t\tTitle {n}\ttext\tf{n}.jpg" for n in range(1, 26)]
    table = tmp_path / "content2019-01.tsv"
    table.write_text("\n".join(["article\taid\turl\timg\tiid\thashvalue\ttitle\ttext\timgFile", *rows]))
    assert "fetch-images" in verb("import", table, "--domain", "news").err
    out = tmp_path / "photos"
    record = verb("fetch-images", table, "--output", out, "--pause", 0, "--json").record
    assert (record["fetched"], record["failures"]) == (25, [])
    (out / "507.jpg").unlink()
    domain = import_domain(table, workspace.domain_folder("news"), images=out).domain
    assert len(domain.articles) == 24
    assert set(domain.articles["image_id"]) == {str(n + 500) for n in range(1, 26)} - {"507"}
    assert verb("fetch-images", "--domain", "news", "--pause", 0, "--json").record["fetched"] == 1
    assert (out / "507.jpg").exists()


def test_no_cell_of_a_table_names_a_place_outside(server, verb, tmp_path):
    table = tmp_path / "t.csv"
    table.write_text(f"id,title,image_id,image_url\n1,a,../../up,{server.root}/1.jpg\n")
    verb("fetch-images", table, "--output", tmp_path / "deep" / "in", "--pause", 0)
    assert sorted(path.name for path in (tmp_path / "deep" / "in").iterdir()) == [MANIFEST, "up.jpg"]


def test_a_domain_knows_the_columns_that_its_import_was_told(server, verb, workspace, tmp_path):
    (tmp_path / "photos").mkdir()
    for n in range(1, 25):
        (tmp_path / "photos" / f"p{n}.jpg").write_bytes(jpeg())
    rows = [f"{n},Title {n},{server.root}/a/p{n}.jpg?w=1" for n in range(1, 26)]
    table = tmp_path / "t.csv"
    table.write_text("\n".join(["nr,kopf,bild", *rows]))
    columns = ("--id-column", "nr", "--title-column", "kopf", "--image-column", "bild")
    where = ("--images", tmp_path / "photos", "--title", "My news")
    assert verb("import", table, "--domain", "news", *columns, *where).status == 0
    assert workspace.load_domain("news").info.columns == {"id": "nr", "title": "kopf", "image": "bild"}
    answer = verb("fetch-images", "--domain", "news", "--pause", 0).out
    assert server.asked == ["/a/p25.jpg?w=1"]
    assert "1 image downloaded" in answer

    again = shlex.split(answer.splitlines()[-1].removeprefix("next: rematch "))
    assert verb(*again).status == 0
    domain = workspace.load_domain("news")
    assert (len(domain.articles), domain.info.title) == (25, "My news")


def test_a_table_alone_needs_to_name_nothing_but_its_addresses(server, verb, tmp_path):
    table = tmp_path / "t.csv"
    table.write_text(f"nr,bild\n1,{server.root}/1.jpg\n2,\n")
    wrong = verb("fetch-images", table, "--output", tmp_path / "in")
    assert (wrong.status, "--image-column" in wrong.err) == (2, True)
    wrong = verb("fetch-images", table, "--output", tmp_path / "in", "--image-column", "nr")
    assert (wrong.status, "image_url" in wrong.err) == (2, True)
    right = verb("fetch-images", table, "--output", tmp_path / "in", "--image-column", "bild", "--pause", 0, "--json")
    assert (right.record["fetched"], server.asked) == (1, ["/1.jpg"])


def test_a_domain_whose_table_is_gone_says_what_to_do(verb, shapes, tmp_path):
    table = tmp_path / "t.csv"
    table.write_bytes(shapes.read_bytes())
    verb("import", table, "--domain", "shapes", "--images", shapes.parent / "images")
    table.unlink()
    outcome = verb("fetch-images", "--domain", "shapes")
    assert outcome.status == 2
    assert str(table) in outcome.err
    assert "fetch-images TABLE --output" in outcome.err


ADDRESSES = [
    "/media/n{}/master/1000.jpg", "/n{}.webp", "/v1.2.n{}", "/image.php?id=n{}", "/n{}", "/N{}/A.jpg", "/n{}/b%20c.png",
    "/n{}/?x=1", "/a:n{}.jpg", "/=n{}.jpg",
]  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_what_was_fetched_is_found_by_the_import_whatever_addresses_look_like(
    server, verb, workspace, tmp_path, address
):
    rows = [f'{n},title {n},"{server.root}{address.format(n)}"' for n in range(22)]
    table, out = tmp_path / "t.csv", tmp_path / "in"
    table.write_text("\n".join(["id,title,image_url", *rows]))
    assert verb("fetch-images", table, "--output", out, "--pause", 0, "--json").record["fetched"] == 22
    assert all(path.suffix == ".jpg" for path in out.iterdir() if path.name != MANIFEST)
    again = verb("fetch-images", table, "--output", out, "--pause", 0, "--json").record
    assert (again["fetched"], again["there"]) == (0, 22)
    articles = import_domain(table, workspace.domain_folder("x"), images=out).domain.articles
    assert len(articles) == 22
    assert len(server.asked) == 22
    for row in articles.itertuples():
        seen = Image.open(out / row.image_file).getpixel((0, 0))
        assert abs(seen[0] - int(row.article_id) * 7 % 256) < 8


def test_a_second_table_in_the_same_folder_takes_nothing_of_the_first(server, verb, workspace, tmp_path):
    out = tmp_path / "in"
    for name, first in (("a", 0), ("b", 50)):
        rows = [f"{n},title {n},{server.root}/{name}/n{n + first}/p{n}.jpg" for n in range(22)]
        (tmp_path / f"{name}.csv").write_text("\n".join(["id,title,image_url", *rows]))
        if name == "a":
            verb("fetch-images", tmp_path / "a.csv", "--output", out, "--pause", 0)
    left = import_domain(tmp_path / "a.csv", workspace.domain_folder("a"), images=out).left_out
    assert left == {}
    with pytest.raises(InputError, match="no image found"):
        import_domain(tmp_path / "b.csv", workspace.domain_folder("b"), images=out)
    assert verb("fetch-images", tmp_path / "b.csv", "--output", out, "--pause", 0, "--json").record["fetched"] == 22
    for name, first in (("a", 0), ("b", 50)):
        folder = workspace.domain_folder(f"{name}2")
        articles = import_domain(tmp_path / f"{name}.csv", folder, images=out).domain.articles
        for row in articles.itertuples():
            seen = Image.open(out / row.image_file).getpixel((0, 0))
            assert abs(seen[0] - (int(row.article_id) + first) * 7 % 256) < 8


def test_a_fetch_that_is_stopped_remembers_what_it_has(server, tmp_path, monkeypatch):
    wanted = [ImageToFetch(str(n), f"{server.root}/n{n}.jpg") for n in range(3)]

    def stop(host: str, pause: float, last: dict[str, float]) -> None:
        if len(server.asked) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(download, "_wait", stop)
    with pytest.raises(KeyboardInterrupt):
        download_images(wanted, tmp_path, pause=0)
    assert len(read_manifest(tmp_path)) == 2


def test_a_damaged_manifest_says_what_to_do(tmp_path):
    (tmp_path / MANIFEST).write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="fetch-images"):
        read_manifest(tmp_path)
