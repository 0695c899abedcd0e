"""Files are whole or absent, and fingerprints tell apart what differs."""

import os
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import pytest

from core import __version__
from core.errors import InputError
from core.storage.cache import is_whole, write_checksummed
from core.storage.files import (
    atomic_write,
    file_fingerprint,
    file_signature,
    fingerprint,
    read_record,
    read_toml,
    write_bytes,
    write_text,
    write_toml,
)


def test_a_replaced_file_is_the_new_one(tmp_path):
    file = tmp_path / "deep" / "er" / "file.csv"
    write_text(file, "old")
    with atomic_write(file) as temporary:
        assert temporary.suffix == ".csv"
        assert temporary.parent == file.parent
        temporary.write_text("new")
        assert file.read_text() == "old"
    assert file.read_text() == "new"
    assert list(file.parent.iterdir()) == [file]


def write_half(file: Path, error: type[BaseException]) -> None:
    with atomic_write(file) as temporary:
        temporary.write_text("half")
        raise error


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, error):
    file = tmp_path / "file.csv"
    write_text(file, "old")
    with pytest.raises(error):
        write_half(file, error)
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_failure_where_nothing_was_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError):
        write_half(tmp_path / "file", RuntimeError)
    assert list(tmp_path.iterdir()) == []


def test_a_reader_never_sees_half_a_file(tmp_path):
    file, texts = tmp_path / "file", ["a" * 200_000, "b" * 200_000]
    write_text(file, texts[0])
    done = threading.Event()

    def write() -> None:
        for number in range(60):
            write_text(file, texts[number % 2])
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not done.is_set():
        assert file.read_text() in texts
    writer.join()


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are POSIX's")
def test_what_is_written_can_be_read_by_others(tmp_path):
    write_text(tmp_path / "file", "text")
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o644


def test_parts_that_differ_have_fingerprints_that_differ():
    parts = [
        (), ("",), ("a",), ("a", "b"), ("ab",), (["a", "b"],), (["a"], "b"), (b"a",), (1,), ("1",), (1.0,), (True,),
        (None,), ("None",), ({"a": 1},), ({"a": 2},), ({"b": 1},), ([],), ([[]],), ([], []),
        (np.array([1, 2, 3, 4]),), (np.array([[1, 2], [3, 4]]),), (np.array([4, 3, 2, 1]),),
        (np.array([1, 2, 3, 4], dtype=np.int32),), (np.array([1.0, 2, 3, 4]),), (np.array([1, 2]), np.array([3, 4])),
    ]  # fmt: skip
    prints = [fingerprint(*each) for each in parts]
    assert len(set(prints)) == len(parts)
    assert all(len(each) == 20 and int(each, 16) >= 0 for each in prints)


def test_equal_parts_have_equal_fingerprints():
    turned = np.arange(12).reshape(3, 4).T
    assert fingerprint(turned) == fingerprint(np.ascontiguousarray(turned))
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    assert fingerprint(["a"]) == fingerprint(("a",))


GOLDEN = 'fingerprint("θ", b"x", 1, 0.5, None, True, ["a", {"k": 2}], np.arange(6, dtype=np.int32).reshape(2, 3))'


def test_a_fingerprint_is_the_same_tomorrow_and_in_another_process():
    here = eval(GOLDEN)
    assert here == "04138fb28319c8225b16"
    code = f"import numpy as np\nfrom core.storage.files import fingerprint\nprint({GOLDEN})"
    root = Path(__file__).parents[3]
    there = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert there.stdout.strip() == here


def test_a_files_fingerprint_is_of_its_bytes(tmp_path):
    (tmp_path / "a").write_bytes(b"one")
    (tmp_path / "b").write_bytes(b"one")
    (tmp_path / "c").write_bytes(b"two")
    prints = [file_fingerprint(tmp_path / name) for name in "abc"]
    assert prints[0] == prints[1] != prints[2]


def test_toml_comes_back_as_it_was_without_what_is_none(tmp_path):
    table = {"name": 'Größe "α"\n', "n": 3, "share": 0.1, "on": True, "settings": {"lr": 1e-5}}
    write_toml(tmp_path / "t.toml", table | {"missing": None}, 3)
    assert read_toml(tmp_path / "t.toml", "table", 3, "Make it again.") == table


@pytest.mark.parametrize(("format_version", "remedy"), [(2, "Make it again."), (4, "newer")])
def test_toml_of_another_form_says_which_and_what_to_do(tmp_path, format_version, remedy):
    write_toml(tmp_path / "t.toml", {"a": 1}, format_version)
    with pytest.raises(InputError) as error:
        read_toml(tmp_path / "t.toml", "run", 3, "Make it again.")
    parts = [str(tmp_path / "t.toml"), f"Rematch {__version__}", f"version {format_version};", "version 3.", remedy]
    assert all(part in str(error.value) for part in parts), error.value


def test_toml_from_before_there_were_forms_is_of_the_first(tmp_path):
    write_text(tmp_path / "t.toml", "a = 1")
    assert read_toml(tmp_path / "t.toml", "run", 1, "") == {"a": 1}
    with pytest.raises(InputError, match=r"early Rematch.* version 1;"):
        read_toml(tmp_path / "t.toml", "run", 2, "")


@pytest.mark.parametrize("content", [b"a = ", b"\xff\xfe", b"a = 1\na = 2\n"])
def test_damaged_toml_is_named(tmp_path, content):
    (tmp_path / "t.toml").write_bytes(content)
    with pytest.raises(InputError, match=r"run .*t\.toml .* Make it again\.$"):
        read_toml(tmp_path / "t.toml", "run", 1, "Make it again.")


def test_missing_toml_is_named(tmp_path):
    with pytest.raises(InputError, match=r"no run.*t\.toml"):
        read_toml(tmp_path / "t.toml", "run", 1, "")


@dataclass(frozen=True)
class Inner:
    patience: int | None = None


@dataclass(frozen=True)
class Outer:
    name: str
    inner: Inner
    more: dict[str, int] = field(default_factory=dict)


def test_a_record_is_read_as_it_was_written_also_under_earlier_names(tmp_path):
    record = Outer("a", Inner(2), {"x": 1})
    write_toml(tmp_path / "t.toml", asdict(record), 1)
    assert read_record(tmp_path / "t.toml", Outer, "run", 1, "") == record
    (tmp_path / "t.toml").write_text("name = 'a'\n[inner]\nstop_after = 2\n[more]\nx = 1\n")
    assert read_record(tmp_path / "t.toml", Outer, "run", 1, "") == record


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("[inner]", "`name`"),
        ("name = 1\n[inner]", r"`str`, got `int`.*\$\.name"),
        ("name = 'a'\ncolour = 1\n[inner]", "colour"),
        ("name = 'a'\n[inner]\ncolour = 1", "colour"),
        ("name = 'a'\n[inner]\npatience = 'x'", r"`str`.*\$\.inner\.patience"),
    ],
)
def test_a_record_names_the_key_that_is_wrong(tmp_path, content, named):
    (tmp_path / "t.toml").write_text(content)
    with pytest.raises(InputError, match=rf"the run file .*t\.toml .*{named}.* Make it again\.$"):
        read_record(tmp_path / "t.toml", Outer, "run", 1, "Make it again.")


def test_keys_beside_a_record_are_ignored_if_named(tmp_path):
    (tmp_path / "t.toml").write_text("name = 'a'\n[inner]\n[files]\nx = 'y'\n")
    assert read_record(tmp_path / "t.toml", Outer, "run", 1, "", ignored=("files",)) == Outer("a", Inner())


def test_files_written_in_one_tick_of_the_clock_are_told_apart(tmp_path):
    def write(content: bytes) -> tuple[int, int, int]:
        with atomic_write(tmp_path / "a") as temporary:
            temporary.write_bytes(content)
        os.utime(tmp_path / "a", ns=(0, 0))
        return file_signature(tmp_path / "a")

    assert write(b"one") != write(b"two")
    write_checksummed(tmp_path / "b", b"one")
    os.utime(tmp_path / "b", ns=(0, 0))
    assert is_whole(tmp_path / "b")
    write_bytes(tmp_path / "b", bytes((tmp_path / "b").stat().st_size))
    os.utime(tmp_path / "b", ns=(0, 0))
    assert not is_whole(tmp_path / "b")
