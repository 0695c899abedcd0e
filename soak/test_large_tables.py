"""Cells of 200 MB give a short error in bounded time and memory, for every format and quoting."""

import subprocess
import sys
from pathlib import Path

import pytest

CELL = 200 * 2**20
MEMORY = 10 * CELL  # in addition to the libraries: bytes, text, and the parser's copies
SECONDS = 120
HEADER = b"id,title,image\n"
LONG = b"x" * CELL

PROGRAM = """
import resource, sys
from pathlib import Path
from core.data.importers import read_source
from core.errors import InputError
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    read_source(Path(sys.argv[1]))
except InputError as error:
    assert len(str(error)) < 2000
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are Linux's")
@pytest.mark.parametrize(
    ("name", "content", "keyword"),
    [
        ("cell.csv", HEADER + b"1," + LONG + b",1.png\n", "209,715,200 characters"),
        ("quoted.csv", HEADER + b'1,"' + LONG + b'",1.png\n', "209,715,200 characters"),
        ("lines.csv", HEADER + b'1,"' + b"x\n" * (CELL // 2) + b'",1.png\n', "209,715,200 characters"),
        ("unclosed.csv", HEADER + b'1,"' + b"1,a,1.png\n" * (CELL // 10), "as a table"),
        ("cell.tsv", HEADER.replace(b",", b"\t") + b"1\t" + LONG + b"\t1.png\n", "209,715,200 characters"),
        ("header.csv", b"id,title," + LONG + b"\n", "as a table"),
        ("columns.csv", b"," * CELL, "columns, at most"),
        ("columns.tsv", b"\t" * CELL, "columns, at most"),
        ("rows.csv", HEADER + b",,\n" * 10_000_000, "rows, at most"),
        ("latin-1.csv", HEADER + b"1,\xfc" + LONG + b",1.png\n", "209,715,201 characters"),
        ("large.csv", b"x" * (513 * 2**20), "at most 512 MB"),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value else "",
)
def test_a_useless_table_is_refused_within_bounds(tmp_path: Path, name: str, content: bytes, keyword: str) -> None:
    (tmp_path / name).write_bytes(content)
    program = [sys.executable, "-c", PROGRAM, str(tmp_path / name)]
    done = subprocess.run(program, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    kilobytes, _, message = done.stdout.partition(" ")
    assert keyword in message
    assert int(kilobytes) * 1024 < MEMORY
