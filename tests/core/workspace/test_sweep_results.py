"""Stored sweeps: pages read the same ranks, and lists of images that agree with them."""

from dataclasses import replace

import numpy as np
import pytest

from core.errors import InputError
from core.evaluation.sweep import SHOWN
from core.evaluation.tower_plane import GRID
from core.experiment.sweep import sweep_run
from core.jobs.rank_task import rank_exactly
from core.workspace.sweep_results import read_results


@pytest.fixture
def results(loaded_run, shapes_domain):
    sweep_run(loaded_run, None, "recall@1")
    return read_results(loaded_run.run, shapes_domain, "val")


def test_the_first_images_agree_with_the_ranks(results):
    assert results.top_images.shape == (len(results.alphas), 12, SHOWN)
    own = results.gallery.target[None, :, None]
    listed = (results.top_images == own).argmax(axis=2) + 1
    there = (results.top_images == own).any(axis=2)
    np.testing.assert_array_equal(listed[there], results.ranks[there])
    assert (results.ranks[~there] > results.top_images.shape[2]).all()


def test_ranks_are_those_of_the_table_at_the_nearest_alpha(results):
    table = results.run.ranks()
    for alpha, requested in ((0.0, -0.2), (0.42, 0.4249), (1.0, 1.0)):
        stored = table[np.isclose(table["alpha"], alpha)].set_index("article_id")["rank"]
        ranks = results.ranks_at(requested)
        assert stored.loc[results.articles["article_id"]].tolist() == ranks.tolist()


def test_the_diagonal_of_the_plane_is_the_curve(results):
    for point, alpha in enumerate(GRID):
        if results.interpolated[
            results.nearest_index(alpha)
        ]:  # the curve may have an exact value where the plane has none
            np.testing.assert_array_equal(results.plane.ranks[point, point], results.ranks_at(alpha))


def test_the_corners_of_the_plane_are_exact(results, loaded_run, workspace):
    for image in (0.0, 1.0):
        for text in (0.0, 1.0):
            exact = rank_exactly(workspace, "shapes", loaded_run.run.info.name, "val", image, text)
            np.testing.assert_array_equal(results.plane.ranks[int(image * 20), int(text * 20)], exact.ranks)


def test_one_alpha_evaluated_exactly_is_what_the_run_gives(results, loaded_run, workspace):
    exact = rank_exactly(workspace, "shapes", loaded_run.run.info.name, "val", 0.37, 0.37)
    forward, reverse = loaded_run.at(0.37, "val").ranks()
    assert exact.ranks.tolist() == forward.tolist()
    assert exact.reverse_ranks.tolist() == reverse.tolist()


def test_articles_are_found_by_id_and_images_have_theirs(results):
    row = results.row_of(results.articles["article_id"].iloc[5])
    assert row == 5
    assert results.row_of("unknown") is None
    assert results.with_image(int(results.gallery.target[5]))["image_id"] == results.articles["image_id"].iloc[5]


def test_a_domain_that_changed_since_is_refused(results, shapes_domain):
    fewer = replace(shapes_domain, articles=shapes_domain.articles.iloc[:-1])
    with pytest.raises(InputError, match=r"'shapes'.*changed.*run"):
        read_results(results.run, fewer, "val")


def test_a_missing_list_says_what_to_do(results, shapes_domain):
    (results.run.folder / "best-val.npy").unlink()
    with pytest.raises(InputError, match="rematch sweep"):
        read_results(results.run, shapes_domain, "val")


def test_a_single_changed_bit_in_what_a_sweep_left_is_seen(results, shapes_domain):
    run = results.run
    for name in ("sweep.csv", "ranks.parquet", "best-val.npy", "plane.csv", "plane-ranks.npy"):
        file = run.folder / name
        whole = file.read_bytes()
        data = bytearray(whole)
        data[len(data) // 2] ^= 1
        file.write_bytes(data)
        with pytest.raises(InputError, match=f"{name}.*damaged.*rematch sweep"):
            read_results(run, shapes_domain, "val")
        file.write_bytes(whole)
        read_results(run, shapes_domain, "val")


def test_the_same_ids_with_other_texts_are_not_shown_beside_the_ranks(results, shapes_domain):
    articles = shapes_domain.articles.copy()
    articles.loc[0, "title"] = "something else"
    with pytest.raises(InputError, match=r"changed.*'tinyclip-all-1'.*rematch train"):
        read_results(results.run, replace(shapes_domain, articles=articles), "val")
