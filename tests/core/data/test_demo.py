"""The demo newsroom: the same bytes each time, a table that an import can take over, and causes that are true."""

from collections import Counter, defaultdict
from pathlib import Path
from random import Random

import emoji
import pandas as pd
import pytest
from PIL import Image

from core.data.demo import DEMO_DOMAINS, DemoDomain, write_newsroom
from core.data.demo.drawings import sprite
from core.data.demo.phrases import EVENTS, STOCK
from core.data.demo.planted_causes import DRIFT_EMOJIS, LATE_FROM, OWN_BACKDROP, Cast, gather_cast, plan_causes
from core.data.demo.scenes import HEIGHT, WIDTH
from core.data.demo.subjects import SUBJECTS, Noun

COUNT = 50
COLUMNS = [
    "article_id", "title", "text", "title_en", "text_en", "language", "published_at", "image_id", "image_file",
    "planted",
]  # fmt: skip


@pytest.fixture(scope="module", params=DEMO_DOMAINS, ids=lambda domain: domain.slug)
def written(request, tmp_path_factory) -> tuple[DemoDomain, Path, pd.DataFrame]:
    images = tmp_path_factory.mktemp(request.param.slug)
    return request.param, images, write_newsroom(request.param, images, COUNT)


def test_every_domain_is_called_synthetic():
    assert {domain.slug for domain in DEMO_DOMAINS} == {"demo-rss", "demo-twitter", "demo-portals"}
    assert all("(synthetic)" in domain.title for domain in DEMO_DOMAINS)


def test_table(written):
    domain, _, rows = written
    assert list(rows.columns) == COLUMNS
    assert len(rows) == COUNT
    assert rows["article_id"].is_unique
    assert rows["image_id"].is_unique
    assert str(rows["published_at"].dt.tz) == "UTC"
    assert rows["published_at"].is_monotonic_increasing
    assert rows["published_at"].iloc[-1] - rows["published_at"].iloc[0] < pd.Timedelta(days=365)
    assert set(rows["language"]) == {domain.language}
    assert (rows["title"] + rows["text"]).str.len().gt(0).all()
    assert not rows[["title", "text"]].stack().str.contains("[{}]").any()


def test_only_the_german_domain_has_an_english_version(written):
    domain, _, rows = written
    if domain.language == "de":
        assert rows["title_en"].str.len().gt(0).all()
        assert rows["text_en"].str.len().gt(0).all()
        assert (rows["title"] != rows["title_en"]).all()
    else:
        assert rows[["title_en", "text_en"]].isna().all(axis=None)


def test_images_decode(written):
    _, images, rows = written
    assert {file.name for file in images.iterdir()} == set(rows["image_file"])
    for name in rows["image_file"]:
        with Image.open(images / name) as image:
            image.load()
            assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (WIDTH, HEIGHT))


def test_planted_causes(written):
    domain, _, rows = written
    expected = {"", "drift", "person", "stock", "unrelated"}
    if domain.slug == "demo-twitter":
        expected.add("thumbnail")
    assert set(rows["planted"]) == expected
    assert (rows["planted"] == "").mean() > 0.5
    assert rows.index[rows["planted"] == "drift"].min() >= round(COUNT * LATE_FROM)


def test_only_stock_images_are_shared(written):
    _, images, rows = written
    sharing = defaultdict(list)
    for row in rows.itertuples():
        sharing[(images / row.image_file).read_bytes()].append(row.planted)
    for planted in sharing.values():
        assert len(planted) == 1 if planted[0] != "stock" else len(planted) >= 2 and set(planted) == {"stock"}


def test_drift_subjects_are_named_only_late(tmp_path):
    domain = next(domain for domain in DEMO_DOMAINS if domain.slug == "demo-rss")
    rows = write_newsroom(domain, tmp_path, 120)
    late = [subject for subject in SUBJECTS if subject.emoji in DRIFT_EMOJIS]
    names = "|".join(rf"\b{noun}\b" for subject in late for noun in (subject.name, subject.paraphrase))
    named = (rows["title"] + " " + rows["text"]).str.contains(names, case=False)
    assert not named[rows["planted"] != "drift"].any()
    assert named[rows["planted"] == "drift"].all()


def test_causes_are_as_frequent_late_in_the_year_as_before_and_drift_occurs_only_late():
    planted = plan_causes(1000, ["drift", "person", "unrelated"], Random(1))
    early, late = Counter(planted[:800]), Counter(planted[800:])
    assert early["person"] == 4 * late["person"] > 0
    assert early["unrelated"] == 4 * late["unrelated"] > 0
    assert early["drift"] == 0 < late["drift"]


@pytest.mark.parametrize("count", [1, 12, 38])
def test_each_article_has_one_cause_also_if_there_are_few(count):
    causes = ["drift", "person", "stock", "unrelated", "thumbnail"]
    assert len(plan_causes(count, causes, Random(1))) == count


def test_each_topic_has_a_backdrop_that_is_the_one_of_another_topic_late_in_the_year():
    cast = gather_cast(("Eastmere",), Random(1))
    usual = [_usual_kind(cast, topic, is_late=False) for topic in EVENTS]
    assert len(set(usual)) == len(EVENTS)
    assert [_usual_kind(cast, topic, is_late=True) for topic in EVENTS] == [*usual[1:], usual[0]]


def _usual_kind(cast: Cast, topic: str, is_late: bool) -> str:
    rng = Random(topic)
    kind, count = Counter(cast.backdrop(topic, is_late, rng).kind for _ in range(200)).most_common(1)[0]
    assert count >= 0.9 * OWN_BACKDROP * 200
    return kind


def test_same_seed_same_bytes(tmp_path):
    first, again, other = (tmp_path / name for name in ("first", "again", "other"))
    for folder in (first, again, other):
        folder.mkdir()
    domain = DEMO_DOMAINS[0]
    rows = write_newsroom(domain, first, 12)
    pd.testing.assert_frame_equal(rows, write_newsroom(domain, again, 12))
    assert all((first / name).read_bytes() == (again / name).read_bytes() for name in rows["image_file"])
    assert (write_newsroom(domain, other, 12, seed=7)["image_id"] != rows["image_id"]).all()


def test_progress_counts_to_the_end(tmp_path):
    seen: list[tuple[int, int]] = []
    write_newsroom(DEMO_DOMAINS[0], tmp_path, 12, on_progress=lambda done, total: seen.append((done, total)))
    assert seen == [(done, 12) for done in range(1, 13)]


def test_every_subject_has_a_drawing_and_events():
    assert len({subject.emoji for subject in SUBJECTS}) == len(SUBJECTS)
    assert {subject.topic for subject in SUBJECTS} == set(EVENTS)
    for subject in SUBJECTS:
        assert emoji.is_emoji(subject.emoji)
        assert max(sprite(subject.emoji, 64).size) == 64


def test_late_and_stock_subjects_do_not_overlap():
    emojis = {subject.emoji for subject in SUBJECTS}
    stock = {drawing for theme in STOCK for drawing in theme}
    assert emojis >= DRIFT_EMOJIS
    assert not DRIFT_EMOJIS & stock


@pytest.mark.parametrize(
    ("noun", "english", "german"),
    [
        (Noun("tractor", "Traktor", "m"), "a tractor", ("ein Traktor", "einen Traktor", "einem Traktor")),
        (Noun("hourglass", "Sanduhr", "f"), "an hourglass", ("eine Sanduhr", "eine Sanduhr", "einer Sanduhr")),
        (Noun("axe", "Beil", "n"), "an axe", ("ein Beil", "ein Beil", "einem Beil")),
    ],
)
def test_articles_of_nouns(noun, english, german):
    assert str(noun) == english
    assert (noun.nom, noun.acc, noun.dat) == german
    assert noun.start == english.capitalize()
    assert noun.nom_start == german[0][0].upper() + german[0][1:]
