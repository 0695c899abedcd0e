"""A ZIP from outside: what is wanted comes out as it was, and nothing lands outside the folder."""

import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from core.data.importers.containers.safe_unzip import Limits, unpack
from core.errors import InputError

SUFFIXES = {".csv", ".jpg"}


def packed(path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def files_below(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_wanted_files_come_out_as_they_were_and_nothing_else(tmp_path):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("inner.csv", b"x")
    members = {
        "news/articles.csv": "Köln".encode(), "news/bilder/Küche.JPG": b"\xff\xd8", "news/empty.csv": b"",
        "news/inner.zip": inner.getvalue(), "news/run.sh": b"rm", "__MACOSX/news/._a.jpg": b"?", "news/.a.jpg": b"?",
    }  # fmt: skip
    out = tmp_path / "out"
    assert unpack(packed(tmp_path / "a.zip", members), out, SUFFIXES) == 3
    assert files_below(out) == {
        "news/articles.csv": "Köln".encode(), "news/bilder/Küche.JPG": b"\xff\xd8", "news/empty.csv": b"",
    }  # fmt: skip


def test_names_of_macos_are_read_as_they_were_written(tmp_path):
    """UTF-8 without the flag that says so, and ü taken apart."""
    file = packed(tmp_path / "a.zip", {"Ku\u0308che.jpg": b"1"})
    data = bytearray(file.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset + 1] &= ~0x08
    file.write_bytes(data)
    unpack(file, tmp_path / "out", SUFFIXES)
    assert list(files_below(tmp_path / "out")) == ["Küche.jpg"]


@pytest.mark.parametrize(
    "name",
    [
        "../evil.jpg",
        "a/../../evil.jpg",
        "/evil.jpg",
        "C:evil.jpg",
        "a\\evil.jpg",
        "..\\evil.jpg",
        "\\\\h\\e.jpg",
        "NUL.jpg",
        "a/con.tar.jpg",
        "aux/evil.jpg",
        "COM1 .jpg",
        "lpt9.a.jpg",
        "conin$.jpg",
        "a\0.jpg",
        "//h/s/e.jpg",
    ],
)
def test_a_name_that_could_lead_outside_is_refused(tmp_path, name):
    file = packed(tmp_path / "a.zip", {"x" * len(name): b"1", "first.jpg": b"1"})
    file.write_bytes(file.read_bytes().replace(b"x" * len(name), name.encode()))
    before = files_below(tmp_path)
    with pytest.raises(InputError, match=r"a\.zip.* lead out of its folder"):
        unpack(file, tmp_path / "out" / "deep", SUFFIXES)
    assert files_below(tmp_path) == before


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("photo:1.jpg", "photo%3A1.jpg"),
        ("2023-01-01T10:30/a.jpg", "2023-01-01T10%3A30/a.jpg"),
        ("why?.jpg", "why%3F.jpg"),
        ('a "b" <c>|*.jpg', "a %22b%22 %3Cc%3E%7C%2A.jpg"),
        ("end. /a.jpg", "end.%20/a.jpg"),
        ("dots./a.jpg", "dots%2E/a.jpg"),
        ("100%.jpg", "100%.jpg"),
    ],
)
def test_names_that_windows_does_not_take_are_encoded_on_every_system(tmp_path, name, written):
    unpack(packed(tmp_path / "a.zip", {name: b"1"}), tmp_path / "out", SUFFIXES)
    assert list(files_below(tmp_path / "out")) == [written]


def test_two_names_that_are_one_on_windows_are_refused(tmp_path):
    with pytest.raises(InputError, match="twice"):
        unpack(packed(tmp_path / "a.zip", {"bb:c.jpg": b"1", "bb%3Ac.jpg": b"2"}), tmp_path / "out", SUFFIXES)


def test_what_only_looks_like_a_device_is_an_image(tmp_path):
    file = packed(tmp_path / "a.zip", {"console.jpg": b"1", "a/aux-1.jpg": b"2", "com.jpg": b"3", "nul": b"4"}, 0)
    file.write_bytes(file.read_bytes().replace(b"nul", b"nux"))
    assert unpack(file, tmp_path / "out", SUFFIXES) == 3


def test_a_member_without_a_name_is_refused(tmp_path):
    """zipfile itself fails on it."""
    file = packed(tmp_path / "a.zip", {"x": b"1", "b.jpg": b"2"})
    data = bytearray(file.read_bytes())
    start = data.index(b"PK\x01\x02")
    data[start + 28 : start + 30], data[start + 30 : start + 32] = b"\0\0", b"\1\0"  # its name is an extra field now
    file.write_bytes(data)
    with pytest.raises(InputError, match=r"^a\.zip"):
        unpack(file, tmp_path / "out", SUFFIXES)


def test_two_members_of_one_name_are_refused(tmp_path):
    """Which of them is meant, every program answers in its own way. ü in one piece or two is the same name."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("K\u00fcche.jpg", b"1")
        archive.writestr("Ku\u0308che.jpg", b"2")
    with pytest.raises(InputError, match=r"a\.zip .*'Küche\.jpg' twice"):
        unpack(tmp_path / "a.zip", tmp_path / "out", SUFFIXES)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_ways_of_packing_are_refused(tmp_path, compression):
    """They unpack in pieces of any size, and their errors are of other kinds."""
    file = packed(tmp_path / "a.zip", {"a.jpg": bytes(10_000)}, compression)
    with pytest.raises(InputError, match="deflated"):
        unpack(file, tmp_path / "out", SUFFIXES)


@pytest.mark.parametrize("claimed", [0, 1, 2**40, 2**63, 2**64 - 1])
@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_zip64_cannot_lie_about_a_size(tmp_path, claimed, compression):
    """The sizes of 64 bits, in the directory's extra field, claim what is not there."""
    content = bytes(range(256)) * 40
    file = packed(tmp_path / "a.zip", {"a.jpg": content}, compression)
    data = bytearray(file.read_bytes())
    start, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    extra = struct.pack("<HHQQ", 1, 16, claimed, claimed)
    data[start + 20 : start + 28] = b"\xff" * 8
    data[start + 30 : start + 32] = struct.pack("<H", len(extra))
    name_ends = start + 46 + len("a.jpg")
    data[end + 12 : end + 16] = struct.pack("<I", end - start + len(extra))
    data[name_ends:name_ends] = extra
    file.write_bytes(data)
    with pytest.raises(InputError, match=r"^a\.zip"):
        unpack(file, tmp_path / "out", SUFFIXES)
    assert files_below(tmp_path / "out") == {}


def test_a_link_is_refused(tmp_path):
    link = zipfile.ZipInfo("link.jpg")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(InputError, match=r"'link\.jpg' .*link"):
        unpack(tmp_path / "a.zip", tmp_path / "out", SUFFIXES)


def test_an_encrypted_member_is_refused(tmp_path):
    file = packed(tmp_path / "a.zip", {"a.jpg": b"1"})
    data = bytearray(file.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    file.write_bytes(data)
    with pytest.raises(InputError, match=r"'a\.jpg' .*encrypted"):
        unpack(file, tmp_path / "out", SUFFIXES)


def test_too_many_files_are_refused_before_any_is_written(tmp_path):
    file = packed(tmp_path / "a.zip", {f"{n}.txt": b"" for n in range(4)})
    with pytest.raises(InputError, match=r"4 files.* 3"):
        unpack(file, tmp_path / "out", SUFFIXES, Limits(files=3))
    assert not (tmp_path / "out").exists()


def test_the_size_is_counted_over_all_members(tmp_path):
    file = packed(tmp_path / "a.zip", {f"{n}.jpg": bytes(40_000) for n in range(3)}, zipfile.ZIP_STORED)
    assert unpack(file, tmp_path / "fits", SUFFIXES, Limits(size=120_000)) == 3
    with pytest.raises(InputError, match="unpacks to more than"):
        unpack(file, tmp_path / "out", SUFFIXES, Limits(size=119_999))


def test_a_bomb_stops_at_its_ratio(tmp_path):
    file = packed(tmp_path / "a.zip", {"bomb.jpg": bytes(3_000_000)})
    assert file.stat().st_size < 10_000
    with pytest.raises(InputError, match=r"'bomb\.jpg' .* 200 times"):
        unpack(file, tmp_path / "out", SUFFIXES, Limits(free=100_000))
    assert files_below(tmp_path / "out") == {}
    assert unpack(file, tmp_path / "fits", SUFFIXES, Limits(free=3_000_000)) == 1


def test_a_bomb_in_a_bomb_is_not_opened(tmp_path):
    inner = packed(tmp_path / "inner.zip", {"bomb.jpg": bytes(3_000_000)}).read_bytes()
    file = packed(tmp_path / "a.zip", {"inner.zip": inner, "inner.jpg": inner, "a.csv": b"id"})
    assert unpack(file, tmp_path / "out", SUFFIXES, Limits(free=1000)) == 2
    assert files_below(tmp_path / "out") == {"inner.jpg": inner, "a.csv": b"id"}


def test_a_header_that_lies_about_the_size_is_no_way_around(tmp_path):
    file = packed(tmp_path / "a.zip", {"bomb.jpg": bytes(3_000_000)})
    data = file.read_bytes().replace(struct.pack("<I", 3_000_000), struct.pack("<I", 10))
    file.write_bytes(data)
    with pytest.raises(InputError, match=r"a\.zip .*Bad CRC"):
        unpack(file, tmp_path / "out", SUFFIXES)
    assert files_below(tmp_path / "out") == {}


def test_what_is_damaged_or_no_zip_is_a_sentence(tmp_path):
    (tmp_path / "no.zip").write_bytes(b"id,title,image\n")
    whole = packed(tmp_path / "a.zip", {"a.jpg": bytes(range(256)) * 99}).read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "turned.zip").write_bytes(whole[:60] + bytes(30) + whole[90:])
    for name in ("no", "cut", "turned"):
        with pytest.raises(InputError, match=rf"^{name}\.zip .*ZIP"):
            unpack(tmp_path / f"{name}.zip", tmp_path / "out", SUFFIXES)


def test_a_file_where_a_folder_should_be_is_a_sentence(tmp_path):
    file = packed(tmp_path / "a.zip", {"a.jpg": b"1", "a.jpg/b.jpg": b"2", f"{'n' * 300}.jpg": b"3"})
    with pytest.raises(InputError, match=r"a\.zip cannot be unpacked"):
        unpack(file, tmp_path / "out", SUFFIXES)
