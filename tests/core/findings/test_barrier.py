"""The loss along α against a plain computation, its height above the line, and what the sentence claims."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from core.analysis.bootstrap import Interval
from core.experiment.loaded_run import open_run
from core.experiment.sweep import sweep_run
from core.findings.barrier import ALPHAS, BARRIER, BarrierFound, Gap
from core.findings.question import RunContext, compute_or_load
from tests.written_runs import write_run


@pytest.fixture
def swept_context(run, shapes_domain, workspace) -> RunContext:
    sweep_run(open_run(run, shapes_domain, workspace, "cpu"), [0.0, 0.5, 1.0], "recall@1")
    return RunContext(run, shapes_domain, workspace, "cpu")


def test_the_loss_is_that_of_the_training_at_each_alpha(swept_context):
    found = compute_or_load(BARRIER, swept_context)
    loaded_run = swept_context.loaded_run
    assert found.n == found.batch == len(loaded_run.view("val").article_ids), "one batch of all pairs"
    for place in (0, 7, 20):
        weights = loaded_run.weights_at(ALPHAS[place])
        encoder = loaded_run.experiment.encoder
        encoder.set_weights(weights)
        view = loaded_run.view("val")
        texts, images = view.embed("text"), view.embed("image")[view.gallery.target]
        logits = next(weights[key] for key in weights if key.endswith("logit_scale")).exp() * texts @ images.T
        own = torch.arange(len(logits))
        expected = (functional.cross_entropy(logits, own) + functional.cross_entropy(logits.T, own)) / 2
        assert found.losses[place] == pytest.approx(float(expected), rel=1e-5)
        assert found.low[place] < found.losses[place] < found.high[place]
    line = (1 - np.array(ALPHAS)) * found.losses[0] + np.array(ALPHAS) * found.losses[-1]
    above = np.array(found.losses) - line
    assert found.height.value == pytest.approx(above[1:-1].max())
    assert ALPHAS[int(above[1:-1].argmax()) + 1] == found.height.alpha
    assert found.middle.value == pytest.approx(above[10])
    assert found.drop.value == pytest.approx(min(found.losses) - min(found.losses[0], found.losses[-1]))


@pytest.fixture
def found() -> BarrierFound:
    flat = tuple(1.0 for _ in ALPHAS)
    below = Gap(0.5, -0.2, Interval(-0.3, -0.1))
    return BarrierFound(50, 50, flat, flat, flat, below, below, below)


def test_the_sentence_claims_what_the_intervals_support(found, workspace, shapes_domain):
    context = RunContext(write_run(workspace, shapes_domain), shapes_domain, workspace)

    def answer(changed: BarrierFound) -> str:
        return BARRIER.section(changed, context).answer

    assert answer(found).startswith("No:")
    assert "−0.200 (−0.300 to −0.100)" in answer(found)
    above = Gap(0.3, 0.2, Interval(0.1, 0.3))
    assert answer(replace(found, height=above)).startswith("Yes:")
    unclear = Gap(0.3, 0.01, Interval(-0.1, 0.1))
    assert "distinguishable" in answer(replace(found, height=unclear)).partition(":")[0]
    assert "No α" in answer(replace(found, drop=Gap(1.0, 0.0, Interval(0.0, 0.0))))
