"""Adding a way to merge: its own module with a `Merge`, and one name in `MERGES`."""

import pytest
import torch

from core.data.query_text import Reading
from core.experiment.loaded_run import open_run
from core.experiment.mixer import Mixer
from core.experiment.sweep import sweep_run
from core.experiment.train import train_run
from core.findings.mixes import MIXES
from core.findings.question import RunContext, compute_or_load
from core.interpolation.merges import MERGES
from core.interpolation.merges.merge import BUDGET, Merge, over_alphas
from core.interpolation.mix import Mix
from core.interpolation.mix_weights import theta
from core.presentation.blocks import Grid, Words
from core.training.settings import Settings


def build(pair, mix, out):
    """Take the first α of the numbers of each tensor from the fine-tuned model, the others from zero-shot."""
    fine_tuned = pair.average(mix.runs)
    for key, start in pair.zero_shot.items():
        own = int(mix.alpha_of(pair.parts[key]) * start.numel())
        out[key].copy_(torch.cat([fine_tuned[key].flatten()[:own], start.flatten()[own:]]).view_as(start))


STITCHED = Merge(
    "stitched",
    "stitched weights",
    "the first numbers of each tensor are the fine-tuned model's",
    lambda search: over_alphas(search, "stitched"),
    build=build,
)
#: The same for what this run has not.
STITCHED_SOUP = Merge(
    "stitched-soup", "stitched soup", "as stitched", STITCHED.search, needs=("several runs",), build=build
)


@pytest.fixture
def context(monkeypatch, shapes_domain, workspace, tiny_name) -> RunContext:
    for merge in (STITCHED, STITCHED_SOUP):
        monkeypatch.setitem(MERGES, merge.name, merge)
    settings = Settings(tune="head", epochs=1, lr=3e-3, batch_size=16)
    run = train_run(shapes_domain, tiny_name, settings, Reading(), "cpu", workspace)[0]
    sweep_run(open_run(run, shapes_domain, workspace, "cpu"), (0.0, 0.5, 1.0), "recall@1")
    return RunContext(run, shapes_domain, workspace, "cpu")


def test_it_is_searched_judged_and_shown_with_the_others(context):
    found = compute_or_load(MIXES, context)
    stitched, wise_ft = found.merges[STITCHED.label], found.merges["WiSE-FT"]
    assert stitched.earlier.candidates == wise_ft.earlier.candidates == BUDGET
    assert stitched.earlier.mix.merge == STITCHED.name
    [difference] = [one for one in found.differences if one.after == STITCHED.label]
    assert difference.value == pytest.approx(stitched.reached - wise_ft.reached)
    section = MIXES.section(found, context)
    [table, *_] = [block.table for block in section.blocks if isinstance(block, Grid)]
    assert STITCHED.label in table["mix"].tolist()
    assert STITCHED.help in " ".join(block.text for block in section.blocks if isinstance(block, Words))


def test_what_it_needs_and_the_run_lacks_is_named(context):
    found = compute_or_load(MIXES, context)
    assert STITCHED_SOUP.label not in found.merges
    words = [block.text for block in MIXES.section(found, context).blocks if isinstance(block, Words)]
    assert any(STITCHED_SOUP.label in text for text in words)


def test_the_mixer_ranks_with_its_weights(context):
    mixer = Mixer(context.loaded_run, [context.run])
    mix = Mix((context.run.info.name,), 0.5, merge=STITCHED.name)
    ranks = mixer.ranks(mix)
    context.loaded_run.experiment.encoder.set_weights(theta(mix, mixer.ends))
    assert (context.loaded_run.view("val").ranks()[0] == ranks).all()
