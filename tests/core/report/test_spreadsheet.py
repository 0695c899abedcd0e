"""A table for a spreadsheet carries no formula."""

import csv
import io

import pandas as pd

from core.report.spreadsheet import spreadsheet_csv


def test_texts_that_look_like_formulas_are_texts_and_numbers_stay_numbers():
    signs = ["=cmd|'/c calc'!A1", "+1", "-1", "@user", "\tx", "\rx", "Köln = 🎉", "", "a\r=b()\n=c()"]
    frame = pd.DataFrame({"=head": signs, "rank": range(-4, 5)})
    rows = list(csv.reader(io.StringIO(spreadsheet_csv(frame), newline="")))
    assert rows[0] == ["'=head", "rank"]
    assert [row[0] for row in rows[1:]] == [*(f"'{sign}" for sign in signs[:6]), *signs[6:]]
    assert [row[1] for row in rows[1:]] == [str(number) for number in range(-4, 5)]
    assert frame["=head"].tolist() == signs, "the table itself stays as it is"
