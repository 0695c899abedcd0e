"""Mixes against WiSE-FT: what is searched never sees what is judged, and what a run does not allow is not tried."""

from dataclasses import replace
from shutil import copytree

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
from core.findings.mixes import METRIC, MIXES, MixesFound
from core.findings.question import RunContext, compute_or_load, load_cached
from core.interpolation.merges import MERGES
from core.interpolation.merges.merge import BUDGET, Price
from core.interpolation.mix import Mix
from core.training.settings import Settings
from core.workspace.folders import Workspace
from core.workspace.runs import Run, find_run, load_runs

LABELS = {name: merge.label for name, merge in MERGES.items()}
NEED_SEEDS = {LABELS[name] for name in ("soup", "greedy-soup", "model-stock")}
NEED_BLOCKS = {LABELS[name] for name in ("per-depth", "lines")}
NEEDS_DOMAINS = LABELS["task-arithmetic"]


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


def test_each_merge_has_the_same_budget_and_is_judged_on_the_half_that_did_not_choose(swept):
    context = swept("all", seeds=2)
    found = compute_or_load(MIXES, context)
    assert load_cached(MIXES, context) == found, "the record in the cache is the answer"
    assert without_prices(compute_or_load(replace(MIXES, version=99), context)) == without_prices(found)
    assert found.n == 12
    assert set(found.runs) == {"tinyclip-all-1", "tinyclip-all-2"}
    assert found.runs[0] == context.run.info.name
    assert list(found.merges) == [label for label in LABELS.values() if label != NEEDS_DOMAINS]
    candidates = {label: {one.earlier.candidates, one.later.candidates} for label, one in found.merges.items()}
    for name in ("wise-ft", "extrapolation", "fisher", "scores", "spherical", "soup", "lines"):
        assert candidates[LABELS[name]] == {BUDGET}
    assert candidates[LABELS["model-stock"]] == {1}
    assert candidates[LABELS["greedy-soup"]] == {2 + 1 + 11}
    assert max(max(each) for each in candidates.values()) == BUDGET

    mixing = mixer.Mixer(context.loaded_run, find_sisters(context))
    for label, one in found.merges.items():
        earlier, later = mixing.ranks(one.earlier.mix), mixing.ranks(one.later.mix)
        assert one.earlier.value == values_of(earlier[:6], METRIC).mean(), label
        assert one.later.value == values_of(later[6:], METRIC).mean(), label
        assert one.reached == values_of(np.concatenate([later[:6], earlier[6:]]), METRIC).mean(), label
    for model, alpha in ((Model.ZERO_SHOT, 0.0), (Model.FINE_TUNED, 1.0)):
        assert found.ends[model] == values_of(mixing.ranks(Mix(found.runs[:1], alpha)), METRIC).mean()
    assert [one.after for one in found.differences] == list(found.merges)[1:]
    for one in found.differences:
        assert one.value == pytest.approx(found.merges[one.after].reached - found.merges[Model.WISE_FT].reached)


def without_prices(found: MixesFound) -> MixesFound:
    """Return the record without times, which differ each time."""
    return replace(found, merges={label: replace(one, price=Price(0, 0)) for label, one in found.merges.items()})


def find_sisters(context: RunContext) -> list[Run]:
    """Return all runs of the domain."""
    return load_runs(context.workspace, "shapes")


def test_a_price_counts_the_passes_that_the_merge_needs_by_itself(swept):
    found = compute_or_load(MIXES, swept("head", seeds=2))
    passes = {label: one.price.passes for label, one in found.merges.items()}
    assert passes[LABELS["wise-ft"]] == passes[LABELS["fisher"]] == passes[LABELS["soup"]] == 2 * BUDGET
    assert passes[LABELS["scores"]] == passes[LABELS["spherical"]] == 2 * 2, "both models, both towers"
    assert passes[LABELS["model-stock"]] == 2
    assert passes[LABELS["per-tower"]] <= 2 * 11, "each α of a tower is encoded once"
    assert all(one.price.seconds > 0 for one in found.merges.values())


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
    after = compute_or_load(replace(MIXES, version=99), context)
    assert {label: one.earlier for label, one in after.merges.items()} == {
        label: one.earlier for label, one in before.merges.items()
    }
    assert after.ends != before.ends


def test_heads_have_no_depths_and_one_run_makes_no_soup_and_the_section_gives_the_reason(swept):
    context = swept("head")
    found = compute_or_load(MIXES, context)
    assert set(found.merges) == set(LABELS.values()) - NEED_BLOCKS - NEED_SEEDS - {NEEDS_DOMAINS}
    section = MIXES.section(found, context)
    words = " ".join(block.text for block in section.blocks if hasattr(block, "text"))
    assert "--tune head" in words
    assert "rematch train --domain shapes --seeds 0,1,2" in words
    assert f"{NEEDS_DOMAINS}: not available" in words
    assert "12 articles" in section.answer


def test_a_soup_is_of_the_runs_that_differ_in_nothing_but_the_seed(swept, shapes_domain, workspace, tiny_name):
    context = swept("head", seeds=2)
    other = train_run(shapes_domain, tiny_name, Settings(tune="head", epochs=1, seed=5), Reading(), "cpu", workspace)[0]
    sweep_run(open_run(other, shapes_domain, workspace, "cpu"), (0.0, 1.0), "recall@1")
    found = compute_or_load(MIXES, context)
    assert set(found.merges[LABELS["soup"]].earlier.mix.runs) == {"tinyclip-head-1", "tinyclip-head-2"}
    assert set(found.merges[LABELS["greedy-soup"]].earlier.mix.runs) <= set(found.runs)


def test_task_arithmetic_adds_the_newest_run_of_each_other_domain_with_the_same_model(swept, workspace, tiny_name):
    context = swept("head")
    assert compute_or_load(MIXES, context).elsewhere == ()
    domain = workspace.load_domain("shapes")
    (workspace.domain_folder("shapes").parent / "other").mkdir()
    copy = replace(domain, info=replace(domain.info, slug="other"), folder=workspace.domain_folder("other"))
    copytree(domain.folder, copy.folder, dirs_exist_ok=True)
    for tune in ("head", "head", "text"):
        settings = Settings(tune=tune, epochs=1, lr=3e-3, batch_size=16, seed=3)
        train_run(copy, tiny_name, settings, Reading(), "cpu", workspace)
    assert load_cached(MIXES, context) is None, "a run of another domain makes another answer"
    found = compute_or_load(MIXES, context)
    assert found.elsewhere == ("other/tinyclip-head-2",)
    assert found.merges[NEEDS_DOMAINS].earlier.mix.runs == (context.run.info.name, "other/tinyclip-head-2")
    assert not NEED_SEEDS & set(found.merges), "a run of another domain makes no soup"


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
