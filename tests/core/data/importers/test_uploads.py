"""What was sent to the app is kept under a safe name and goes when its import has ended."""

import io
import os
import time
from pathlib import Path

import pytest

from core.data.importers.uploads import FOLDER, discard_upload, keep_upload, remove_uploads_after


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("news.zip", "news.zip"), ("../../evil.csv", "evil.csv"), ("C:\\x\\böse Bilder.ZIP", "böse_Bilder.ZIP"),
        ("🎉.csv", "_.csv"), ("..", "upload"), ("", "upload"), (f"{'n' * 300}.csv", f"{'n' * 80}.csv"),
    ],
)  # fmt: skip
def test_the_name_is_safe_and_keeps_its_ending(tmp_path, name, kept):
    path = keep_upload(tmp_path, name, io.BytesIO(b"content"))
    assert path.name == kept
    assert path.parent.parent == tmp_path / "uploads"
    assert path.read_bytes() == b"content"


def test_two_uploads_of_one_name_do_not_meet(tmp_path):
    assert keep_upload(tmp_path, "a.csv", io.BytesIO(b"1")) != keep_upload(tmp_path, "a.csv", io.BytesIO(b"2"))


def test_an_upload_goes_after_its_import_even_a_failed_one(tmp_path):
    upload = keep_upload(tmp_path, "a.csv", io.BytesIO(b"1"))
    with pytest.raises(ValueError, match="broken"), remove_uploads_after([upload], tmp_path):
        raise ValueError("broken")
    assert list((tmp_path / "uploads").iterdir()) == []


@pytest.mark.parametrize("place", ["a.csv", "uploads/a.csv", "uploads/x/deep/a.csv", "other/uploads/x/a.csv"])
def test_no_other_source_is_removed(tmp_path, place):
    source = tmp_path / place
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_bytes(b"1")
    with remove_uploads_after([source], tmp_path):
        pass
    assert source.read_bytes() == b"1"


def test_what_a_killed_import_left_goes_with_a_later_upload(tmp_path):
    old, young = (keep_upload(tmp_path, name, io.BytesIO(b"1")) for name in ("old.csv", "young.csv"))
    two_days_ago = time.time() - 2 * 24 * 3600
    os.utime(old.parent, (two_days_ago, two_days_ago))
    newest: Path = keep_upload(tmp_path, "new.csv", io.BytesIO(b"1"))
    assert (old.exists(), young.exists(), newest.exists()) == (False, True, True)
    discard_upload(young)
    assert not young.parent.exists()


def test_an_upload_that_is_being_read_stays_though_the_clock_jumps(tmp_path, shapes):
    upload = keep_upload(tmp_path, "a.csv", shapes.open("rb"))
    with remove_uploads_after([upload], tmp_path):
        os.utime(upload.parent, (0, 0))
        other = keep_upload(tmp_path, "b.csv", shapes.open("rb"))
        assert upload.exists()
    assert [path.name for path in (tmp_path / FOLDER).iterdir()] == [other.parent.name]
    os.utime(other.parent, (0, 0))
    keep_upload(tmp_path, "c.csv", shapes.open("rb"))
    assert not other.exists()
