"""The paper's table: its numbers and notes."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.analysis.cross_fit import chosen_place
from core.data.query_text import Reading
from core.errors import InputError
from core.evaluation.agreement import Disagreement
from core.evaluation.alpha_selection import Selected
from core.evaluation.published import PAPERS, PUBLISHED
from core.evaluation.sweep import Sweep
from core.presentation.cross_fit import CROSS_FITTED
from core.presentation.paper_tables import curve_text, paper_table, render
from core.training.settings import Settings
from core.workspace.runs import Run, RunInfo
from core.workspace.sweep_info import PathInfo, SweepInfo, TowerPrecision

INFO = RunInfo(
    domain="shapes", name="lite-head-1", created_at="2026", encoder="lite", text=Reading("title"),
    english=False, reads_the_language=True, device="cpu",
    settings=Settings(tune="head"), articles="a", zero_shot="z", fine_tuned="f", versions={},
)  # fmt: skip
RANKS = np.array([[4, 9, 2, 120], [2, 6, 2, 110], [1, 5, 3, 101], [1, 8, 1, 101]], dtype=np.int32)

MARKS = np.array([False, True, False, False])
SWEEP = Sweep("val", (0.0, 0.3, 0.65, 1.0), list("abcd"), RANKS, RANKS, RANKS[:, :, None], MARKS)
SWEPT = SweepInfo(
    Selected(0.65, "mrr@100"),
    {
        "image": TowerPrecision("bf16", "ranks agree with fp32", Disagreement(0.0004, 0.002)),
        "text": TowerPrecision("fp32", "no more than its head changes with alpha"),
    },
    {"val": PathInfo(9, True, Disagreement(0.00031, 0.0018), (0.25, 0.75))},
)


@pytest.fixture
def run(tmp_path) -> Run:
    run = Run(INFO, tmp_path / "run")
    run.folder.mkdir()
    run.save_sweep([SWEEP], None, SWEPT)
    return run


def test_images_with_several_texts_have_recalls_from_image_to_text(run, shapes_domain):
    assert not any("image to text" in note for note in paper_table(run, shapes_domain, "val", None).notes)
    articles = shapes_domain.articles.iloc[:4].assign(
        article_id=list("abcd"), image_id=["x", "x", "y", "z"], split="val"
    )
    notes = paper_table(run, replace(shapes_domain, articles=articles), "val", None).notes
    first = next(place for place, note in enumerate(notes) if "image to text, over 3 images" in note)
    assert [note.split(":")[0].strip() for note in notes[first + 1 : first + 4]] == [
        "zero-shot",
        "fine-tuned",
        "WiSE-FT",
    ]
    assert "recall@1 0.0000, recall@5 0.6667" in notes[first + 1]
    assert "recall@1 0.6667, recall@5 0.6667" in notes[first + 2]


def test_the_rows_are_the_two_ends_and_the_chosen_alpha(run, shapes_domain):
    rows = paper_table(run, shapes_domain, "val", None).rows.set_index("model")
    assert rows["alpha"].dropna().to_dict() == {"zero-shot": 0.0, "fine-tuned": 1.0, "WiSE-FT": 0.65}
    assert rows["recall@1"].iloc[:3].to_dict() == {"zero-shot": 0.0, "fine-tuned": 0.5, "WiSE-FT": 0.25}
    assert rows.loc["WiSE-FT", "mrr@100"] == pytest.approx((1 + 1 / 5 + 1 / 3) / 4)
    assert (rows["n"] == 4).all()


def test_table_4_goes_from_fine_tuning_to_wise_ft(run, shapes_domain):
    counted = paper_table(run, shapes_domain, "val", None).table_4["fine-tuned and WiSE-FT"]
    # Fine-tuning improved all four; the last is outside the first 100.
    assert (counted.n, counted.n_improved, counted.improvement, counted.n_decreased, counted.decrease) == (
        3,
        1,
        3,
        1,
        2,
    )


@pytest.mark.parametrize("paper", PAPERS)
def test_published_rows_have_dashes_for_unpublished_values(run, shapes_domain, paper):
    table = paper_table(run, shapes_domain, "val", paper)
    assert len(table.rows) == 7
    assert table.rows["mrr@100"].iloc[6] == PUBLISHED[paper].wise_ft.mrr_100
    assert table.rows.loc[4:, ["n", "recall@1"]].isna().all().all()
    last = render(table, "text").split("published WiSE-FT")[1].splitlines()[0].split()
    assert last[1] == "–"
    assert last[3] == "–"


def test_on_val_wise_ft_is_marked_as_optimistic_and_also_cross_fitted(run, shapes_domain):
    table = paper_table(run, shapes_domain, "val", None)
    assert "optimistic" in render(table, "text")
    row = table.rows.set_index("model").loc[CROSS_FITTED]
    # Four articles, each judged at the α with the highest mrr@100 of the other three.
    chosen = [chosen_place(np.delete(RANKS, place, axis=1), "mrr@100") for place in range(4)]
    ranks = RANKS[chosen, range(4)]
    assert row["mrr@100"] == pytest.approx(np.where(ranks <= 100, 1 / ranks, 0).mean())
    assert row["n"] == 4


def test_an_encoder_that_does_not_read_the_domain_is_marked(run, shapes_domain):
    german = replace(shapes_domain, info=replace(shapes_domain.info, language="de"))
    unread = Run(replace(INFO, reads_the_language=False), run.folder)
    table = paper_table(unread, german, "val", "rss")
    assert any(note.startswith("† lite does not read 'de'") for note in table.notes)
    text = render(table, "text")
    assert "zero-shot†" in text
    assert "WiSE-FT†" in render(table, "csv")
    assert "published zero-shot†" not in text, "the published encoder is another one"
    assert "shapes, run lite-head-1†, val" in curve_text(unread, german, unread.curve(), SWEPT)
    translated = Run(replace(INFO, english=True), run.folder)
    assert "†" not in render(paper_table(translated, german, "val", None), "text")


def test_the_heading_names_the_source_of_the_english_version(run, shapes_domain):
    german = replace(shapes_domain, info=replace(shapes_domain.info, language="de"))
    english = Run(replace(INFO, english=True), run.folder)
    assert "reading title in 'de'." in paper_table(run, german, "val", None).heading
    assert "English version of 'de' (came with the data)" in paper_table(english, german, "val", None).heading
    by_machine = replace(german, articles=german.articles.assign(english_by="opus-mt-de-en"))
    assert "(machine-translated by opus-mt-de-en)" in paper_table(english, by_machine, "val", None).heading


def test_synthetic_domains_are_marked(run, shapes_domain):
    synthetic = replace(shapes_domain, info=replace(shapes_domain.info, synthetic=True, title="Demo"))
    assert "Demo (synthetic)" in paper_table(run, synthetic, "val", None).heading
    assert "synthetic" not in paper_table(run, shapes_domain, "val", None).heading


def test_a_sweep_read_back_is_the_sweep(run):
    assert run.sweep_info() == SWEPT
    assert run.selected() == Selected(0.65, "mrr@100")
    assert run.precision() == {"image": "bf16", "text": "fp32"}
    pd.testing.assert_frame_equal(run.curve(), SWEEP.curve())
    assert run.ranks()["rank"].to_numpy().reshape(4, 4).tolist() == RANKS.tolist()


def test_a_sweep_from_when_speed_was_measured_is_still_read(run):
    file = run.folder / "sweep.toml"
    file.write_text(file.read_text().replace("[precision.image]\n", "[precision.image]\nspeedup = 3.4\n"))
    assert "speedup" in file.read_text()
    assert run.sweep_info() == SWEPT


def test_interpolated_numbers_are_marked_and_carry_their_error(run, shapes_domain):
    text = curve_text(run, shapes_domain, run.curve(), SWEPT)
    assert "0.3~" in text
    assert "0.65~" not in text
    assert "0.0003 in mrr@100" in text
    assert "0.2% of the articles" in text
    assert "9 exact points" in text
    assert "alpha 0.25, 0.75" in text
    assert "image tower in bf16" in text
    assert "(mrr@100 ±0.0004, first ten 0.2%)" in text
    assert "text tower" not in text


def test_a_path_that_was_not_used_is_reported(run, shapes_domain):
    poor = replace(SWEPT, paths={"val": PathInfo(17, False, Disagreement(0.02, 0.1), (0.5,))})
    exact = replace(SWEEP, interpolated=np.zeros(4, dtype=bool))
    text = curve_text(run, shapes_domain, exact.curve(), poor)
    assert "every value is exact" in text
    assert "17 exact points" in text
    assert "~" not in text


@pytest.mark.parametrize("damage", ["", "[selected]\n", "selected = 3\n", "[selected]\nalpha = 1\nother = 2\n", "\0"])
def test_a_damaged_or_older_sweep_is_named(run, damage):
    (run.folder / "sweep.toml").write_text(damage)
    with pytest.raises(InputError, match="sweep"):
        run.selected()
