"""A name means one image of a gallery or none, whatever ids, endings, forms and cases there are."""

import os
import unicodedata

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.image_ids import id_for_each_image
from core.data.importers.images.gallery_names import NamedImages, images_alike, images_named


def gallery(*pairs: tuple[str, str]) -> pd.DataFrame:
    """Images by id and file."""
    return pd.DataFrame(pairs, columns=["image_id", "image_file"])


def meant(images: pd.DataFrame, *names: str, in_files: bool = False) -> list[str | None]:
    """The id that each name means."""
    found = images_named(names, images, in_files).ids
    return [found.get(name) for name in names]


def test_an_image_is_called_by_its_id_or_its_file_with_or_without_its_ending():
    images = gallery(("352", "test/352.jpg"), ("77", "/data/photo of 77.PNG"))
    assert meant(images, "352", "352.jpg", "test/352.jpg", "photo of 77", "77.PNG") == ["352"] * 3 + ["77"] * 2
    assert meant(images, "352.png", "35", "") == [None] * 3, "another ending is another image"


def test_forms_cases_and_percents_are_fall_backs_and_counted():
    images = gallery(("größe", "größe.jpg"), ("B7", "B7.jpg"))
    named = images_named([unicodedata.normalize("NFD", "größe.jpg"), "b7.JPG"], images)
    assert set(named.ids.values()) == {"größe", "B7"}
    assert {use.how for use in named.fall_backs} == {"Unicode form", "letter case"}
    assert meant(images, "gr%C3%B6%C3%9Fe") == ["größe"]


def test_letter_case_counts_only_where_one_image_fits():
    assert meant(gallery(("a", "a.jpg")), "A") == ["a"]
    assert meant(gallery(("ab", "ab.jpg"), ("aB", "aB.jpg")), "AB", "aB") == [None, "aB"]
    assert meant(gallery(("a", "a.jpg")), "a", "A") == ["a", None], "A is another image, of which there is none"


def test_what_differs_in_its_ending_alone_is_ambiguous():
    images = gallery(("a.jpg", "a.jpg"), ("a.png", "a.png"))
    named = images_named(["a", "a.png"], images)
    assert named.ids == {"a.png": "a.png"}
    assert list(named.ambiguous) == ["a"]
    assert "a.jpg" in named.ambiguous["a"]


def test_an_id_that_is_like_the_file_of_another_image_is_not_guessed():
    images = gallery(("5", "x.jpg"), ("9", "5.jpg"))
    assert meant(images, "5") == ["5"]
    assert list(images_named(["5.jpg"], images).ambiguous) == ["5.jpg"]
    assert meant(images, "5.jpg", in_files=True) == ["9"]
    assert list(images_named(["5"], images, in_files=True).ambiguous) == ["5"]


@pytest.mark.parametrize("cell", ["a.jpg|b.jpg", "a, b", "['a.jpg']"])
def test_several_names_in_one_cell_mean_nothing(cell):
    assert meant(gallery(("a", "a.jpg"), ("b", "b.jpg")), cell) == [None]


def test_a_file_of_two_ids_means_neither():
    assert meant(gallery(("1", "a.jpg"), ("2", "a.jpg")), "a.jpg", "2") == [None, "2"]


@pytest.mark.parametrize(
    ("names", "others", "ids"),
    [
        (["a.jpg", "b.jpg"], ["a", "b"], {"a.jpg": "a", "b.jpg": "b"}),
        (["a", "b"], ["a.jpg", "b.png"], {"a": "a.jpg", "b": "b.png"}),
        (["a"], ["a.jpg", "a.png"], {}),
        (["a.jpg", "a.png", "b.jpg"], ["a", "b"], {"b.jpg": "b"}),
        (["a", "B"], ["a", "b"], {"a": "a"}),
        (["a.png"], ["a.jpg"], {}),
    ],
)
def test_names_alone_are_compared_from_the_side_that_has_endings(names, others, ids):
    named = images_alike(names, others)
    assert named.ids == ids
    assert bool(named.ambiguous) == ("a" in names + others and "a.png" in names + others)


def test_another_unicode_form_is_the_same_name_beside_names_that_are_equal():
    decomposed = unicodedata.normalize("NFD", "größe")
    assert images_alike(["a", decomposed], ["a", "größe"]).ids == {"a": "a", decomposed: "größe"}
    assert images_alike(["a", "gröẞe"], ["a", "größe"]).ids == {"a": "a"}


STEMS = st.sampled_from(["a", "A", "b", "ä", "a\u0308", "1", "x/a", "y/a", "x/b"])
FILES = st.builds("{}{}".format, STEMS, st.sampled_from([".jpg", ".JPG", ".png"]))
NAMES = st.one_of(STEMS, FILES)


def last_part(name: str) -> tuple[str, str]:
    """The last part of a path without its ending, and the ending, in the loosest spelling."""
    stem, _, ending = unicodedata.normalize("NFC", name.rpartition("/")[2]).lower().partition(".")
    return stem, ending


def may_mean(name: str, file: str) -> bool:
    (wanted, wanted_ending), (stem, ending) = last_part(name), last_part(file)
    return wanted == stem and wanted_ending in ("", ending)


@settings(max_examples=int(os.environ.get("REMATCH_EXAMPLES", "60")), deadline=None)
@given(st.lists(FILES, min_size=1, max_size=6, unique=True), st.lists(NAMES, max_size=6, unique=True), st.booleans())
def test_no_name_ever_means_an_image_that_is_not_called_so(files, names, in_files):
    ids = id_for_each_image(pd.Series("", range(len(files)), dtype=object), pd.Series(files))
    images = pd.DataFrame({"image_id": ids, "image_file": files})
    named: NamedImages = images_named(names, images, in_files)
    file_of = dict(zip(ids, files, strict=True))
    for name, image in named.ids.items():
        assert may_mean(name, file_of[image])
        literally = {each for each, file in file_of.items() if name in (each, file)}
        assert image in (literally or file_of)
        assert literally or sum(file.rpartition(".")[0] == name for file in files) < 2, "they differ in the ending"
