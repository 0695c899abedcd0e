"""Mixes against WiSE-FT: what is searched never sees what is judged, and what a run does not allow is not tried."""

from dataclasses import replace

import numpy as np
import pytest

from core.analysis.bootstrap import Resamples, interval
from core.analysis.significance import differences
from core.data.query_text import Reading
from core.evaluation.metrics import values_of
from core.evaluation.models import Model
from core.experiment import mixer
from core.experiment.loaded_run import open_run
from core.experiment.sweep import sweep_run
from core.experiment.train import train_run
from core.findings.mixes import METRIC, MIXES
from core.findings.question import RunContext, compute_or_load, load_cached
from core.interpolation.merges import MERGES
from core.interpolation.merges.per_depth import QUARTERS
from core.interpolation.mix import Mix
from core.training.settings import Settings
from core.workspace.folders import Workspace
from core.workspace.runs import find_run

WISE_FT, TOWERS, DEPTH, FISHER, SCORES, SOUP, GREEDY = (merge.label for merge in MERGES.values())


@pytest.fixture
def swept(shapes_domain, workspace, tiny_name, snapshots):
    """Return a function that gives TinyClip tuned as asked for and swept; seeds 0 to `seeds` − 1, made once."""

    def restore(into: Workspace, tune: str, seeds: int) -> None:
        def train(fresh: Workspace) -> None:
            snapshots.restore("shapes", fresh, lambda _: None)
            if seeds > 1:
                restore(fresh, tune, seeds - 1)
            domain = fresh.load_domain("shapes")
            settings = Settings(tune=tune, epochs=2, lr=3e-3, batch_size=16, seed=seeds - 1)
            run = train_run(domain, tiny_name, settings, Reading(), "cpu", fresh)[0]
            sweep_run(open_run(run, domain, fresh, "cpu"), (0.0, 0.5, 1.0), "recall@1")

        snapshots.restore(("mixes", tune, seeds), into, train)

    def make(tune: str, seeds: int = 1) -> RunContext:
        restore(workspace, tune, seeds)
        return RunContext(find_run(workspace, "shapes", None), shapes_domain, workspace, "cpu")

    return make


def test_each_mix_is_searched_and_evaluated_like_wise_ft(swept):
    context = swept("all", seeds=2)
    found = compute_or_load(MIXES, context)
    assert load_cached(MIXES, context) == found, "the record in the cache is the answer"
    assert compute_or_load(replace(MIXES, version=2), context) == found, "computing it again gives the same"
    assert (found.n_searched, found.n_judged) == (6, 6)
    assert set(found.runs) == {"tinyclip-all-1", "tinyclip-all-2"}
    assert found.runs[0] == context.run.info.name
    assert list(found.searched) == [merge.label for merge in MERGES.values()]
    candidates = {name: each.candidates for name, each in found.searched.items()}
    assert candidates[Model.WISE_FT] == candidates[FISHER] == candidates[SCORES] == candidates[SOUP] == 11
    assert candidates[TOWERS] == 121
    parts = len(found.searched[DEPTH].mix.own)
    assert 11 + parts * (len(QUARTERS) - 1) <= candidates[DEPTH] <= 11 + parts * len(QUARTERS)
    assert candidates[GREEDY] == 11 + 2 + 1
    for name in (TOWERS, DEPTH):  # WiSE-FT is among their candidates
        assert found.searched[name].value >= found.searched[Model.WISE_FT].value

    mixing = mixer.Mixer(context.loaded_run, [context.run])
    ranks = mixing.ranks(found.searched[DEPTH].mix)
    assert found.searched[DEPTH].value == values_of(ranks[:6], METRIC).mean()
    assert found.reached[DEPTH] == values_of(ranks[6:], METRIC).mean()
    assert found.reached[Model.ZERO_SHOT] == values_of(mixing.ranks(Mix(found.runs[:1], 0.0))[6:], METRIC).mean()
    assert found.reached[Model.FINE_TUNED] == values_of(mixing.ranks(Mix(found.runs[:1], 1.0))[6:], METRIC).mean()
    assert [one.after for one in found.differences] == list(found.searched)[1:]
    for one in found.differences:
        assert one.value == pytest.approx(found.reached[one.after] - found.reached[Model.WISE_FT])


def test_what_is_judged_has_no_say_in_what_is_chosen(swept, monkeypatch):
    context = swept("all")
    before = compute_or_load(MIXES, context)
    real = mixer.Mixer.ranks
    shuffled = np.random.default_rng(1)

    def other_later(self, mix):
        ranks = real(self, mix).copy()
        ranks[6:] = shuffled.permutation(12)[:6] + 1
        return ranks

    monkeypatch.setattr(mixer.Mixer, "ranks", other_later)
    after = compute_or_load(replace(MIXES, version=2), context)
    assert after.searched == before.searched
    assert after.reached != before.reached


def test_heads_have_no_depths_and_one_run_makes_no_soup_and_the_section_gives_the_reason(swept):
    context = swept("head")
    found = compute_or_load(MIXES, context)
    assert not {DEPTH, SOUP, GREEDY} & set(found.searched)
    section = MIXES.section(found, context)
    words = " ".join(block.text for block in section.blocks if hasattr(block, "text"))
    assert "--tune head" in words
    assert "rematch train --domain shapes --seeds 0,1,2" in words
    assert "6 articles of the later half" in section.answer


def test_a_soup_is_of_the_runs_that_differ_in_nothing_but_the_seed(swept, shapes_domain, workspace, tiny_name):
    context = swept("head", seeds=2)
    other = train_run(shapes_domain, tiny_name, Settings(tune="head", epochs=1, seed=5), Reading(), "cpu", workspace)[0]
    sweep_run(open_run(other, shapes_domain, workspace, "cpu"), (0.0, 1.0), "recall@1")
    found = compute_or_load(MIXES, context)
    assert set(found.searched[SOUP].mix.runs) == {"tinyclip-head-1", "tinyclip-head-2"}
    assert set(found.searched[GREEDY].mix.runs) <= set(found.runs)


def test_another_seed_makes_another_answer(swept):
    context = swept("head")
    alone = compute_or_load(MIXES, context)
    sister = swept("head", seeds=2)
    assert load_cached(MIXES, context) is None
    assert alone.runs == ("tinyclip-head-1",)
    assert compute_or_load(MIXES, context).runs == ("tinyclip-head-1", sister.run.info.name)


def test_differences_in_one_metric_are_corrected_over_the_pairs():
    generator = np.random.default_rng(0)
    models = {name: generator.integers(1, 60, 80) for name in ("a", "b")} | {"c": np.ones(80, dtype=int)}
    found = differences(models, [("a", "b"), ("a", "c")], ["mrr@100"]).differences
    assert found[1].p_holm == pytest.approx(2 * found[1].p)
    assert found[0].p_holm == pytest.approx(max(found[0].p, found[1].p_holm))
    gained = values_of(models["c"], "mrr@100") - values_of(models["a"], "mrr@100")
    expected = interval(Resamples(80).means(gained), 80)
    assert (found[1].interval.low, found[1].interval.high) == pytest.approx((expected.low, expected.high))
