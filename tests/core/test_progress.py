"""How far a long step is: told to a file for pages, kept from logs."""

import json

import pytest

from core import progress as room
from core.progress import PROGRESS_FILE, QUIET, amount, progress, progress_reporter


@pytest.fixture
def told(tmp_path, monkeypatch):
    monkeypatch.setenv(PROGRESS_FILE, str(tmp_path / "progress.json"))
    return lambda: json.loads((tmp_path / "progress.json").read_text())


def test_items_come_through_in_order():
    assert list(progress(range(5), "Counting")) == [0, 1, 2, 3, 4]
    assert list(progress(iter("ab"), "Counting", total=2)) == ["a", "b"]
    assert list(progress([], "Counting")) == []


def test_a_page_reads_how_far_it_is(told, monkeypatch):
    monkeypatch.setattr(room, "SECONDS_BETWEEN_WRITES", -1.0)
    seen = [told() for _ in progress(["x", "y"], "Encoding")]
    assert [(step["label"], step["done"], step["total"]) for step in seen] == [("Encoding", 0, 2), ("Encoding", 1, 2)]


def test_bytes_come_with_their_speed(told, monkeypatch):
    monkeypatch.setattr(room, "SECONDS_BETWEEN_WRITES", -1.0)
    clock = iter([10.0, 12.0, 14.0])
    monkeypatch.setattr(room.time, "monotonic", lambda: next(clock))
    with progress_reporter("Downloading", unit="B") as report:
        report(500, 9000)  # from an earlier try
        assert told() == {"label": "Downloading", "done": 500, "total": 9000, "unit": "B", "speed": None}
        report(2500, 9000)
        assert told()["speed"] == 1000
        report(2500, 9000)
        assert 0 < told()["speed"] < 1000


def test_how_far_it_is_in_words():
    assert amount(1234, None) == "1,234"
    assert amount(3, 1000) == "3 of 1,000"
    assert amount(120_000_000, 605_200_000, "B", 12_340_000) == "120 of 605 MB, 12.3 MB/s, about 1 min left"
    assert amount(0, 605_200_000, "B", None) == "0 of 605 MB"
    assert amount(100_000, 800_000, "B", None) == "0.1 of 0.8 MB"


@pytest.mark.parametrize(
    ("done", "speed", "left"),
    [(400, 2.0, "about 5 min left"), (999, 1.0, "less than a minute"), (0, 0.1, "about 2 h 47 min"), (0, 0.0, "1,000")],
)
def test_the_remaining_time_follows_from_the_speed(done, speed, left):
    assert left in amount(done, 1000, "", speed)
    assert ("left" in amount(done, 1000, "", speed)) == bool(speed)
    assert "left" not in amount(done, None, "", speed)


def test_what_was_done_before_does_not_make_it_look_fast(told, monkeypatch):
    monkeypatch.setattr(room, "SECONDS_BETWEEN_WRITES", -1.0)
    clock = iter([10.0, 70.0])
    monkeypatch.setattr(room.time, "monotonic", lambda: next(clock))
    with progress_reporter("Epoch 3 of 4") as report:
        report(200, 400)
        report(201, 400)
    assert told()["speed"] == pytest.approx(1 / 60)


def test_the_file_is_not_written_at_every_step(told, monkeypatch):
    written = []
    monkeypatch.setattr(room, "write_text", lambda path, text: written.append(text))
    with progress_reporter("Sweeping") as report:
        for number in range(1000):
            report(number, 1000)
    assert 1 <= len(written) < 20


@pytest.mark.parametrize("quiet", ["1", None])
def test_no_bar_reaches_a_pipe_or_a_log(monkeypatch, capsys, quiet):
    if quiet is None:
        monkeypatch.delenv(QUIET)
    monkeypatch.setattr(room, "SECONDS_BEFORE_A_BAR", 0.0)
    assert len(list(progress(range(3), "Counting"))) == 3
    assert capsys.readouterr() == ("", "")
