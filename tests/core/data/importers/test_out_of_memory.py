"""A table that does not fit into memory is a sentence that names it, in every format; an image, a reason."""

import gzip
import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook
from PIL import Image

from core.data.images.decoding import ImageError, open_image
from core.data.importers import read_source, readers
from core.data.importers.ground_truth import read_ground_truth
from core.data.importers.tables import spreadsheets
from core.errors import InputError
from tests.conftest import Verb

ROWS, TEXT = 80, "a word " * 100_000
#: Reads each file in a process whose memory may grow by 24 MB, half of what any of them takes.
PROGRAM = """
import resource, sys
from pathlib import Path
from core.data.importers import read_source
from core.data.importers.ground_truth import read_ground_truth
from core.errors import InputError
pages = int(Path("/proc/self/statm").read_text().split()[0])
limit = pages * resource.getpagesize() + 24 * 2**20
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
for file in map(Path, sys.argv[1:]):
    for read in (read_source, *([read_ground_truth] if ".csv" in file.name else [])):
        try:
            read(file)
        except InputError as error:
            assert str(error).startswith(str(file)), error
            assert "memory" in str(error), error
        else:
            raise AssertionError(file)
"""


def write_large(folder: Path) -> list[Path]:
    """One table in each format: small files that hold 56 MB."""
    lines = [f"{number},{TEXT},{number}.png\n" for number in range(ROWS)]
    records = [{"id": str(number), "title": TEXT, "image": f"{number}.png"} for number in range(ROWS)]
    texts = {
        "plain.csv": "id,title,image\n" + "".join(lines),
        "quoted.csv": "id,title,image\n" + "".join(line.replace(TEXT, f'"{TEXT}\n"') for line in lines),
        "tabs.tsv": ("id,title,image\n" + "".join(lines)).replace(",", "\t"),
        "one.json": json.dumps(records),
        "lines.jsonl": "\n".join(map(json.dumps, records)),
    }
    for name, text in texts.items():
        (folder / f"{name}.gz").write_bytes(gzip.compress(text.encode(), 1))
    pq.write_table(pa.Table.from_pylist(records), folder / "a.parquet")
    with tarfile.open(folder / "a.tar.gz", "w:gz", compresslevel=1) as tar:
        for number in range(ROWS):
            for name, content in ((f"{number}.txt", TEXT.encode()), (f"{number}.jpg", b"\xff\xd8\xff")):
                member = tarfile.TarInfo(name)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
    return sorted(folder.iterdir())


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are Linux's")
def test_a_table_that_does_not_fit_is_named(tmp_path: Path) -> None:
    files = write_large(tmp_path)
    assert len(files) == 7
    ended = subprocess.run([sys.executable, "-W", "ignore", "-c", PROGRAM, *map(str, files)], capture_output=True)
    assert ended.returncode == 0, ended.stderr.decode()


@pytest.mark.parametrize("error", [MemoryError, pa.ArrowMemoryError, KeyError])
def test_only_memory_is_called_so(error: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: object) -> None:
        raise error("no")

    monkeypatch.setattr(readers, "_read", read)
    with pytest.raises(InputError if issubclass(error, MemoryError) else error):
        read_source(tmp_path)


@pytest.mark.parametrize("error", [MemoryError(), ValueError("out of memory: line 1, column 0")])
def test_a_workbook_is_not_called_damaged(error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Workbook().save(tmp_path / "a.xlsx")

    def rows(*_: object) -> None:
        raise error

    monkeypatch.setattr(spreadsheets, "_rows", rows)
    with pytest.raises(InputError, match="memory"):
        read_source(tmp_path / "a.xlsx")


def test_an_image_is_not_called_damaged(monkeypatch: pytest.MonkeyPatch) -> None:
    content = io.BytesIO()
    Image.new("RGB", (8, 8)).save(content, "PNG")

    def load(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Image.Image, "convert", load)
    monkeypatch.setattr(Image.Image, "load", load)
    with pytest.raises(ImageError, match="memory"):
        open_image(content.getvalue())


def test_the_command_line_has_a_sentence_for_the_rest(verb: Verb, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("core.cli.models.runs.workspace_of", load)
    ended = verb("runs")
    assert (ended.status, ended.err.count("\n")) == (1, 1)
    assert "memory" in ended.err


def test_a_ground_truth_that_does_not_fit_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "truth.csv").write_text("1,2\n")

    def load(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("core.data.importers.ground_truth.read_delimited", load)
    with pytest.raises(InputError, match="memory"):
        read_ground_truth(tmp_path / "truth.csv")
