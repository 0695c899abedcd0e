"""The report of an import: read back from its file, with the sentences of the command line."""

import pandas as pd
import pytest

from core.data.domain import Domain
from core.data.importers import import_domain
from core.errors import InputError
from core.presentation.import_report import import_sentences, read_report, report_file


def test_the_report_counts_what_the_import_counted(shapes, workspace, tmp_path):
    table = pd.read_csv(shapes, dtype=str)
    table.loc[0, "image_file"] = "gone.png"
    table.loc[1, "title"] = ""
    table.to_csv(tmp_path / "t.csv", index=False)
    intake = import_domain(tmp_path / "t.csv", workspace.domain_folder("some"), images=shapes.parent / "images")
    report = read_report(intake.domain)
    assert report is not None
    assert (report.listed, report.usable, report.left_out) == (intake.listed, 58, intake.left_out)
    assert report.rows["reason"].tolist() == ["image not found", "no text"]
    first = import_sentences(intake.domain, report.left_out)[0]
    assert "58 of 60 articles" in first
    assert "left out: 1 image not found, 1 no text" in first


def test_a_domain_that_was_not_imported_has_no_report(shapes_domain: Domain):
    report_file(shapes_domain).unlink()
    assert read_report(shapes_domain) is None


def test_a_damaged_report_is_an_input_error(shapes_domain: Domain):
    report_file(shapes_domain).write_text("line,image\n1,a\n")
    with pytest.raises(InputError, match=r"import-report\.csv lacks .*article_id, reason, detail"):
        read_report(shapes_domain)
    report_file(shapes_domain).write_text("")
    with pytest.raises(InputError, match=r"import-report\.csv cannot be read"):
        read_report(shapes_domain)
