"""What an import does with ids, images and splits that are not what they seem, and what its audit says of it."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from core.data.dates import DateChoices
from core.data.domain import load_domain, save_domain
from core.data.import_audit import ImportAudit, load_audit
from core.data.importers import ImportChoices, import_domain
from core.errors import InputError
from core.presentation.audit_table import audit_sentences
from core.presentation.import_report import how_split


def colour(number: int) -> tuple[int, int, int]:
    return (number * 5 % 256, number * 7 % 256, 90)


@pytest.fixture
def table(tmp_path: Path) -> pd.DataFrame:
    """24 articles, each with an image of its own colour beside it."""
    for n in range(24):
        Image.new("RGB", (4, 4), colour(n)).save(tmp_path / f"p{n}.png")
    return pd.DataFrame(
        {"id": range(24), "title": [f"title {n}" for n in range(24)], "image": [f"p{n}.png" for n in range(24)]}
    )


@pytest.fixture
def imported(tmp_path: Path, workspace):
    """Import a table, and see that every article has the image of its number."""

    def run(table: pd.DataFrame, **choices):
        table.to_csv(tmp_path / "t.csv", index=False)
        intake = import_domain(
            tmp_path / "t.csv", workspace.domain_folder("x"), replace_existing=True, choices=ImportChoices(**choices)
        )
        for row in intake.domain.articles.itertuples():
            seen = Image.open(intake.domain.images_root / row.image_file).convert("RGB").getpixel((0, 0))
            assert seen == colour(int(row.title.split()[1])), row.title
        return intake

    return run


def splits(intake) -> dict[str, list[int]]:
    articles = intake.domain.articles
    return {str(split): sorted(int(each) for each in rows["article_id"]) for split, rows in articles.groupby("split")}


@pytest.mark.parametrize("album", [lambda n: f"a{n // 4}", lambda n: "dpa-5" if n in (5, 22) else f"dpa-{n + 100}"])
def test_an_image_id_of_several_files_is_said_and_names_none_of_them(table, imported, album):
    intake = imported(table.assign(image_id=[album(n) for n in range(24)]))
    assert any(note.startswith("image ids: ") for note in intake.notes)
    for split in (None, "val"):
        gallery = intake.domain.gallery(split)
        articles = intake.domain.articles if split is None else intake.domain.subset(split)
        assert [gallery.files[row] for row in gallery.target] == articles["image_file"].tolist()
    if album(0) != "a0":
        assert {"dpa-100", "dpa-123"} <= set(intake.domain.articles["image_id"]), "ids of one file stay"


def test_copies_of_one_image_keep_the_id_they_share(table, tmp_path, imported):
    shutil.copy(tmp_path / "p3.png", tmp_path / "copy.png")
    table.loc[24] = [24, "title 3", "copy.png"]
    articles = imported(table.assign(image_id=[f"i{n}" for n in range(24)] + ["i3"])).domain.articles
    assert articles.loc[articles["image_id"] == "i3", "image_file"].nunique() == 1


def test_files_that_differ_by_their_ending_alone_have_two_ids(table, tmp_path, imported):
    (tmp_path / "p4.png").rename(tmp_path / "p3.jpg")
    table.loc[4, "image"] = "p3.jpg"
    assert imported(table).domain.articles["image_id"].is_unique


def test_a_domain_of_before_that_shares_ids_opens_and_is_not_ranked(table, imported):
    domain = imported(table).domain
    save_domain(type(domain)(domain.info, domain.folder, domain.articles.assign(image_id="album")))
    with pytest.raises(InputError, match=r"Import .*again"):
        load_domain(domain.folder).check_image_ids()


def test_images_of_train_and_val_stay_on_one_side_unless_told_otherwise(table, imported):
    table.loc[[22, 23], ["image", "title"]] = [["p1.png", "title 1"], ["p2.png", "title 2"]]
    grouped = imported(table)
    assert {1, 2, 22, 23} <= set(splits(grouped)["train"])
    assert (grouped.audit.shared.images, grouped.audit.used_twice) == (0, 2)
    assert grouped.audit.moved > 0
    alone = imported(table, split_groups="none")
    assert splits(alone)["val"] == [19, 20, 21, 22, 23]
    assert (alone.audit.shared.images, alone.audit.shared.val_images, alone.audit.moved) == (2, 5, 0)
    assert alone.domain.info.options == ["--split-groups=none"]
    assert any("2 of 5" in sentence and "--split-groups image" in sentence for sentence in audit_sentences(alone.audit))


def test_texts_of_train_and_val_are_counted(table, imported):
    table.loc[23, "title"] = "Title 1 - https://t.co/x"
    table.loc[23, "image"] = "p1.png"
    shared = imported(table, split_groups="none").audit.shared
    assert (shared.texts, shared.val_articles) == (1, 5)


def test_a_tables_own_split_is_used_or_its_disuse_is_said(table, imported):
    table["split"] = [
        "test" if n % 4 == 0 else "restval" if n % 4 == 1 else "dev" if n % 4 == 2 else "train" for n in range(24)
    ]
    intake = imported(table)
    expected = {"test": [0], "val": [2], "train": [1, 3]}
    assert splits(intake) == {split: [n for n in range(24) if n % 4 in rows] for split, rows in expected.items()}
    assert (intake.domain.info.split_from, intake.audit.split_from) == ("split", "split")
    assert "column split" in how_split(intake.domain.info)
    ignored = imported(table, own_split=False)
    assert splits(ignored)["val"] == [19, 20, 21, 22, 23]
    assert any(note.startswith("split:") and "not used" in note for note in ignored.notes)
    assert list(ignored.domain.articles["split_stated"]) == list(table["split"])
    unusable = imported(table.assign(split="fold 1"))
    assert any("column split is not used" in note and "'fold 1'" in note for note in unusable.notes)


def test_columns_called_as_ours_follow_under_another_name(table, imported):
    articles = imported(table.assign(file=[f"issue-{n}" for n in range(24)])).domain.articles
    assert list(articles["file_stated"]) == [f"issue-{n}" for n in range(24)]


def test_dates_decide_the_split_and_what_is_assumed_is_said(table, imported):
    days = pd.date_range("2023-01-01", periods=24, freq="11D")
    shuffled = table.sample(frac=1, random_state=1)
    dated = shuffled.assign(id=[f"x{n}" for n in shuffled["id"]], date=[f"{days[n]:%d/%m/%Y}" for n in shuffled["id"]])
    intake = imported(dated)
    assert intake.domain.articles["title"].tolist() == table["title"].tolist()
    assert [(span.split, span.first, span.last) for span in intake.audit.spans] == [
        ("train", "2023-01-01", "2023-07-18"), ("val", "2023-07-29", "2023-09-11"),
    ]  # fmt: skip
    assert not any(note.startswith("dates: ") for note in intake.notes)
    unsure = dated.assign(date=[f"0{n % 9 + 1}/02/2023" for n in range(24)])
    assert any(note.startswith("dates: ") and "--day-first" in note for note in imported(unsure).notes)
    told = imported(unsure, dates=DateChoices("day first"))
    assert not any(note.startswith("dates: ") for note in told.notes)
    assert set(told.domain.articles["published_at"].dt.month) == {2}


def test_a_column_of_dates_that_cannot_be_read_is_named_with_examples(table, imported):
    notes = imported(table.assign(published_at=[f"issue {n}" for n in range(24)])).notes
    assert any("published_at: none of 24 dates" in note and "'issue 0'" in note for note in notes)


def test_two_rows_of_one_id_are_one_article_and_that_is_said(table, imported):
    again = table.iloc[[3, 4, 5]].assign(image=["p3.png", "p6.png", "p5.png"], title=["title 3", "title 4", "other"])
    intake = imported(pd.concat([table, again]))
    assert intake.left_out == {"duplicate id": 3}
    assert intake.report["detail"].tolist() == ["the same article again", "with another image", "with another text"]
    assert any(note.startswith("ids: 3 rows") for note in intake.notes)


def test_the_audit_is_kept_and_counts_what_fell_back(table, imported):
    table.loc[[2, 3], "image"] = ["P2.PNG", "old/p3.png"]
    table.loc[4, "image"] = "P4.png"
    intake = imported(table.drop(index=5))
    audit = load_audit(intake.domain.folder)
    assert isinstance(audit, ImportAudit)
    assert audit == intake.audit
    assert (audit.rows, audit.lines, audit.used_once, audit.used_twice, audit.used_more) == (23, 24, 23, 0, 0)
    assert [(use.how, use.rows) for use in audit.fall_backs] == [("letter case", 2), ("end of the path", 1)]
    assert len(audit.pairs) == 12
    files = intake.domain.articles.set_index("article_id")["image_file"]
    assert all(files[pair.article_id] == pair.file for pair in audit.pairs)
    assert sum("fall-back (" in sentence for sentence in audit_sentences(audit)) == 2


def test_a_damaged_audit_says_what_to_do(table, imported):
    folder = imported(table).domain.folder
    text = (folder / "import-audit.toml").read_text()
    (folder / "import-audit.toml").write_text(text.replace("used_once", "used"))
    with pytest.raises(InputError, match=r"Import .*again"):
        load_audit(folder)
    (folder / "import-audit.toml").unlink()
    assert load_audit(folder) is None


def test_lines_inside_cells_are_counted(table, imported):
    audit = imported(table.assign(text=["two\nlines"] * 24)).audit
    assert (audit.rows, audit.lines) == (24, 49)


def test_a_folder_of_links_is_imported(table, tmp_path, workspace):
    (tmp_path / "snapshot").mkdir()
    for n in range(24):
        (tmp_path / "snapshot" / f"p{n}.png").symlink_to(f"../p{n}.png")
    table.to_csv(tmp_path / "snapshot" / "t.csv", index=False)
    for copy_images in (False, True):
        folder = workspace.domain_folder(f"x{int(copy_images)}")
        domain = import_domain(tmp_path / "snapshot", folder, copy_images=copy_images).domain
        assert len(domain.articles) == 24
        assert not (copy_images and (domain.images_root / "p1.png").is_symlink())
    for n in range(24):
        (tmp_path / f"p{n}.png").unlink()
    with pytest.raises(InputError, match="24 symbolic links"):
        import_domain(tmp_path / "snapshot", workspace.domain_folder("y"))


def test_excels_day_numbers_order_the_articles_and_that_is_said(table, imported):
    intake = imported(table.assign(date=[45000 - n for n in range(24)]))
    assert intake.domain.info.split_by == "published_at"
    assert splits(intake)["val"] == [0, 1, 2, 3, 4]
    (note,) = [note for note in intake.notes if note.startswith("dates: ")]
    assert "Excel" in note
    assert "45000 is 2023-03-15" in note


def test_dates_that_cannot_be_read_come_with_what_to_do(table, imported):
    intake = imported(table.assign(date=[45000 - n if n else "someday" for n in range(24)]))
    (note,) = [note for note in intake.notes if note.startswith("order in time: ")]
    assert ["'44999'" in note, "--date-format" in note] == [True, True]


def test_rows_with_several_images_are_counted(table, tmp_path, workspace):
    rows = table.astype(str).to_dict("records")
    for n in (3, 7, 9):
        rows[n]["image"] = [f"p{n}.png", "p0.png"]
    rows[11]["image"] = ["p11.png"]
    rows[12]["image"] = ["p12.png", "p12.png"]
    (tmp_path / "t.json").write_text(json.dumps(rows))
    intake = import_domain(tmp_path / "t.json", workspace.domain_folder("x"))
    assert intake.audit.several_images == 3
    assert intake.domain.articles.set_index("article_id")["image_file"]["7"] == "p7.png"
    assert any("3 rows name several images" in sentence for sentence in audit_sentences(intake.audit))
    assert load_audit(intake.domain.folder) == intake.audit
