"""A table for a spreadsheet carries no formula."""

import csv
import io
import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.importers import import_domain
from core.errors import InputError
from core.presentation.import_report import read_report
from core.retrieval.run_file import read_submission, write_submission
from core.storage.safe_csv import restored, spreadsheet_csv
from core.workspace.folders import Workspace

ROOT = Path(__file__).parents[3]
FORMULAS = ("=cmd|' /C calc'!A0", "+1+cmd|x", "-2+3|a", "@SUM(1)", "\t=1", "\r=1")


def test_texts_that_look_like_formulas_are_texts_and_numbers_stay_numbers():
    signs = ["=cmd|'/c calc'!A1", "+1", "-1", "@user", "\tx", "\rx", "Köln = 🎉", "", "a\r=b()\n=c()"]
    frame = pd.DataFrame({"=head": signs, "rank": range(-4, 5)})
    rows = list(csv.reader(io.StringIO(spreadsheet_csv(frame), newline="")))
    assert rows[0] == ["'=head", "rank"]
    assert [row[0] for row in rows[1:]] == [*(f"'{sign}" for sign in signs[:6]), *signs[6:]]
    assert [row[1] for row in rows[1:]] == [str(number) for number in range(-4, 5)]
    assert frame["=head"].tolist() == signs, "the table itself stays as it is"


def test_nothing_is_written_as_csv_by_another_way():
    """Those that are hold numbers and our own names."""
    others = {
        str(file.relative_to(ROOT))
        for folder in ("core", "pages")
        for file in (ROOT / folder).rglob("*.py")
        if re.search(r"\.to_csv\(|csv\.writer|\.to_excel\(", file.read_text(encoding="utf-8"))
    }
    assert others == {
        "core/storage/safe_csv.py", "core/presentation/paper_tables.py", "core/workspace/sweep_store.py",
        "core/experiment/train.py",
        "core/experiment/transfer.py",
    }  # fmt: skip


def test_the_report_of_an_import_is_one(shapes: Path, workspace: Workspace, tmp_path: Path):
    table = pd.read_csv(shapes, dtype=str)
    table.loc[: len(FORMULAS) - 1, "article_id"] = list(FORMULAS)
    table.loc[: len(FORMULAS) - 1, "image_file"] = "=gone.png"
    table.to_parquet(tmp_path / "t.parquet")
    domain = import_domain(tmp_path / "t.parquet", workspace.domain_folder("news"), images=shapes.parent).domain
    with (domain.folder / "import-report.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    assert [row[2] for row in rows] == [f"'{formula}" for formula in FORMULAS]
    assert {row[3] for row in rows} == {"'=gone.png"}
    report = read_report(domain)
    assert report is not None
    assert report.left_out == {"image not found": len(FORMULAS)}
    assert list(csv.reader(io.StringIO(spreadsheet_csv(report.rows), newline="")))[1:] == rows, "defused once"


@pytest.mark.parametrize("bad", ["a\tb", "a\nb", "a\rb", "\t=1"])
def test_no_id_of_a_run_breaks_its_line(tmp_path: Path, bad: str):
    for articles, images in (([bad], ["1"]), (["1"], [bad])):
        with pytest.raises(InputError, match="tab or a line break"):
            write_submission(tmp_path / "run.tsv", articles, [images])
    assert list(tmp_path.iterdir()) == []


def test_ids_as_they_are_in_use_are_written_as_they_are(tmp_path: Path):
    ids = ["-Ab_c-9", "7", "a=b", "Ä 1", "x+y@z", "abc.jpg", "=A1", "-2+3|a", "@SUM(1)"]
    write_submission(tmp_path / "run.tsv", ["1"], [ids])
    assert read_submission(tmp_path / "run.tsv").lists == {"1": ids}


@given(st.lists(st.text(st.sampled_from("'=+-@\t\rab1"), max_size=6), min_size=1, max_size=9))
def test_every_text_comes_back(texts: list[str]):
    rows = list(csv.reader(io.StringIO(spreadsheet_csv(pd.DataFrame({"text": ["x", *texts]})), newline="")))
    assert [restored(row[0]) if row else "" for row in rows[2:]] == texts
    assert not any(row and row[0].startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows)
