"""The options of `import` for dates and split, and its audit."""

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from tests.conftest import Verb


@pytest.fixture
def table(shapes: Path, tmp_path: Path) -> Path:
    """Return the shapes with dates that fit both orders, and an image that an old and a new article share."""
    rows = pd.read_csv(shapes, dtype=str)
    rows["date"] = [f"{n % 12 + 1:02}/{n // 12 + 1:02}/2023" for n in range(len(rows))]
    rows.loc[59, "image_file"] = "1.png"
    rows["split"] = ["train"] * 40 + ["dev"] * 20
    rows.to_csv(tmp_path / "t.csv", index=False)
    return tmp_path / "t.csv"


def test_options_decide_dates_and_split(verb: Verb, shapes: Path, table: Path, workspace) -> None:
    where = ("--domain", "x", "--images", shapes.parent / "images", "--replace", "--json")
    with_column = verb("import", table, *where).record
    assert (with_column["splits"], with_column["audit"]["split_from"]) == ({"train": 40, "val": 20}, "split")
    assert with_column["audit"]["shared"]["images"] == 1, "the table's own split stays as it is"
    in_time = verb("import", table, *where, "--ignore-split").record
    assert (in_time["split_by"], in_time["audit"]["shared"]["images"]) == ("published_at", 0)
    assert any(note.startswith("dates: ") for note in in_time["notes"])
    last = {}
    for order in ("--day-first", "--month-first"):
        record = verb("import", table, *where, order, "--ignore-split", "--split-groups", "none").record
        assert not any(note.startswith("dates: ") for note in record["notes"])
        last[order] = record["audit"]["spans"][-1]["last"]
    assert last == {"--day-first": "2023-05-12", "--month-first": "2023-12-05"}
    assert workspace.load_domain("x").info.options == ["--month-first", "--split-groups=none", "--ignore-split"]
    by_format = verb("import", table, *where, "--ignore-split", "--date-format", "%d/%m/%Y").record
    assert by_format["audit"]["spans"][-1]["last"] == "2023-05-11", "the last article is with the first one's image"


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--day-first", "--month-first"), "--day-first"),
        (("--split-groups", "text"), "--split-groups"),
        (("--date-format", "%Q"), "--date-format"),
    ],
)
def test_contradicting_or_unknown_options_are_refused(
    verb: Verb, shapes: Path, table: Path, options, named: str
) -> None:
    outcome = verb("import", table, "--domain", "x", "--images", shapes.parent / "images", *options)
    assert (outcome.status, named in outcome.err) == (2, True)


def test_the_audit_is_printed_and_a_fetch_repeats_the_options(verb: Verb, shapes: Path, table: Path) -> None:
    images = shutil.copytree(shapes.parent / "images", table.parent / "copied")  # the downloads are noted there
    where = ("--domain", "x", "--images", images, "--day-first", "--ignore-split")
    text = verb("import", table, *where).out
    assert re.search(r"\b60\b.*\b61 lines", text)
    assert "train 2023-01-01 to" in text
    assert sum(line.startswith("  ") and ".png" in line for line in text.splitlines()) == 12
    described = verb("import", table, "--dry-run", "--images", shapes.parent / "images", "--day-first").out
    assert "2023-05-12" in described
    addressed = pd.read_csv(table, dtype=str).assign(image_url="http://127.0.0.1:1/x.jpg")
    addressed.to_csv(table, index=False)
    verb("import", table, *where, "--replace")
    fetched = verb("fetch-images", "--domain", "x", "--pause", 0)
    assert "--day-first --ignore-split" in fetched.out
