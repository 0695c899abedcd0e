"""Hugging Face's image folders: one table a split or one for all, the images of the right folder, their split."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from core.data.domain import Domain
from core.data.images.decoding import open_image
from core.data.importers import ColumnNames, import_domain, read_source
from core.data.importers.preview import describe
from core.data.importers.readers import holds_images
from core.errors import InputError

SIZES = {"train": 24, "validation": 6, "test": 6}


def colour_of(split: str, number: int) -> tuple[int, int, int]:
    return (list(SIZES).index(split) * 100, number * 8, 77)


def lay_out(source: Path, suffix: str, above: bool = False, data: str = "", ids: bool = False) -> Path:
    """Images of the same names in each split. above: one table above the folders; data: a folder around them."""
    tables: dict[Path, list[dict[str, object]]] = {}
    for split, size in SIZES.items():
        folder = source / data / split
        (folder / "deep").mkdir(parents=True)
        for number in range(size):
            name = f"deep/{number}.png" if number % 2 else f"{number}.png"
            Image.new("RGB", (4, 4), colour_of(split, number)).save(folder / name)
            row: dict[str, object] = {"file_name": f"{split}/{name}" if above else name, "text": f"{split} {number}"}
            tables.setdefault(source if above else folder, []).append(row | ({"id": number} if ids else {}))
    for folder, rows in tables.items():
        frame, file = pd.DataFrame(rows), folder / f"metadata.{suffix}"
        if suffix == "jsonl":
            file.write_text("\n".join(json.dumps(row) for row in rows))
        elif suffix == "parquet":
            frame.to_parquet(file, index=False)
        else:
            frame.to_csv(file, index=False)
    return source


def check(domain: Domain) -> None:
    """Every article has the image of its split and number, and its split."""
    assert domain.articles["split"].value_counts().to_dict() == {"train": 24, "val": 6, "test": 6}
    for row in domain.articles.itertuples():
        split, number = row.text.split()
        assert open_image(domain.images_root / row.image_file).getpixel((0, 0)) == colour_of(split, int(number))
        assert row.split == {"validation": "val"}.get(split, split)


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize(("above", "data"), [(False, ""), (True, ""), (False, "data")])
def test_each_layout_keeps_images_and_split(tmp_path, workspace, suffix, above, data):
    source = lay_out(tmp_path / "source", suffix, above, data)
    intake = import_domain(source, workspace.domain_folder("folders"))
    check(intake.domain)
    assert (intake.left_out, intake.audit.fall_backs, intake.domain.info.split_from) == ({}, (), "split")
    assert not holds_images(source)
    assert describe(source, ColumnNames(), None).found == 36


def test_ids_that_each_split_counts_anew_stay_apart(tmp_path, workspace):
    intake = import_domain(lay_out(tmp_path / "source", "csv", ids=True), workspace.domain_folder("folders"))
    check(intake.domain)
    assert {"train/0", "test/0", "validation/0"} <= set(intake.domain.articles["article_id"])


@pytest.mark.parametrize("around", [True, False])
def test_a_zip_of_one(tmp_path, workspace, around):
    source = lay_out(tmp_path / "packed" / "source", "csv")
    shutil.make_archive(str(tmp_path / "a"), "zip", source.parent if around else source)
    check(import_domain(tmp_path / "a.zip", workspace.domain_folder("folders")).domain)


def test_a_table_without_names_of_files_says_which_column_it_lacks(tmp_path):
    source = lay_out(tmp_path / "source", "csv")
    pd.DataFrame({"text": ["a"], "photo": ["0.png"]}).to_csv(source / "test" / "metadata.csv", index=False)
    with pytest.raises(InputError, match="file_name"):
        read_source(source)


def test_other_folders_are_left_to_other_readers(tmp_path):
    source = lay_out(tmp_path / "source", "csv")
    shutil.move(source / "test", source / "others")
    with pytest.raises(InputError, match="what to import"):
        read_source(source)


def test_a_table_of_another_kind_beside_such_folders_is_read_as_any_table(tmp_path, workspace):
    source = lay_out(tmp_path / "source", "csv", above=True)
    table = pd.read_csv(source / "metadata.csv").rename(columns={"file_name": "image_path"})
    table.to_csv(source / "metadata.csv", index=False)
    intake = import_domain(source, workspace.domain_folder("folders"))
    assert len(intake.domain.articles) == 36
    assert intake.domain.info.split_from == "time"
    columns = ColumnNames(image="image_path")
    check(import_domain(source, workspace.domain_folder("named"), columns=columns).domain)
