"""Ranks under any mix: exact weights, each tower encoded once, importance measured once."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.data.query_text import Reading
from core.experiment.loaded_run import open_run
from core.experiment.mixer import Mixer
from core.experiment.train import train_run
from core.interpolation.mix import TENTHS, Mix
from core.interpolation.mix_weights import theta
from core.training import fisher
from core.training.settings import Settings


@pytest.fixture
def mixer(loaded_run) -> Mixer:
    return Mixer(loaded_run, [loaded_run.run])


def test_one_alpha_ranks_as_the_sweep_does(mixer, loaded_run):
    name = loaded_run.run.info.name
    for alpha in (0.0, 0.3, 1.0):
        expected = loaded_run.at(alpha, "val").ranks()[0]
        assert np.array_equal(mixer.ranks(Mix((name,), alpha)), expected)


def test_an_alpha_for_each_tower_ranks_as_both_towers_at_theirs(mixer, loaded_run):
    mix = Mix((loaded_run.run.info.name,), 0.0, {"image": 0.2, "text": 0.9})
    [images], [texts] = loaded_run.embeddings("image", [0.2], "val"), loaded_run.embeddings("text", [0.9], "val")
    assert torch.equal(mixer.embeddings(mix, "image"), images)
    assert torch.equal(mixer.embeddings(mix, "text"), texts)


def test_any_mix_ranks_as_an_encoder_that_was_given_its_weights(mixer, loaded_run):
    """The mixer sets and encodes tower by tower; the reference mixes the whole encoder first."""
    name, encoder = loaded_run.run.info.name, loaded_run.experiment.encoder
    for mix in (
        Mix((name,), 0.5, {"image.early": 0.1, "text.late": 0.8}),
        Mix((name,), 0.4, merge="fisher"),
    ):
        ranks = mixer.ranks(mix)
        ends = replace(mixer.ends, importance=mixer._importance)
        encoder.set_weights(theta(mix, ends))
        assert np.array_equal(loaded_run.view("val").ranks()[0], ranks)


def test_mixed_scores_rank_as_the_matrix_of_mixed_scores(mixer, loaded_run):
    scores = 0
    for alpha, share in ((0.0, 0.3), (1.0, 0.7)):
        view = loaded_run.at(alpha, "val")
        scores = scores + share * (view.embed("text").double() @ view.embed("image").double().T).numpy()
    view = loaded_run.view("val")
    own = scores[np.arange(len(scores)), view.gallery.target]
    assert np.array_equal(
        mixer.ranks(Mix((loaded_run.run.info.name,), 0.7, merge="scores")), 1 + (scores > own[:, None]).sum(1)
    )


def test_the_whole_plane_of_both_towers_takes_one_pass_for_each_of_their_alphas(mixer, loaded_run, monkeypatch):
    passes = []
    real = type(loaded_run.view("val")).embed
    monkeypatch.setattr(
        type(loaded_run.view("val")), "embed", lambda view, tower: passes.append(tower) or real(view, tower)
    )
    for image in TENTHS:
        for text in TENTHS:
            mixer.ranks(Mix((loaded_run.run.info.name,), 0.0, {"image": image, "text": text}))
    assert sorted(passes) == ["image"] * 11 + ["text"] * 11


def test_importance_is_measured_once_and_again_where_the_file_is_damaged(loaded_run, workspace, monkeypatch):
    measured = []
    real = fisher.diagonal_fisher
    monkeypatch.setattr(fisher, "diagonal_fisher", lambda *given: measured.append(1) or real(*given))
    mix = Mix((loaded_run.run.info.name,), 0.4, merge="fisher")
    first = Mixer(loaded_run, [loaded_run.run]).ranks(mix)
    assert len(measured) == 2, "of the zero-shot and of the fine-tuned model"
    assert np.array_equal(Mixer(loaded_run, [loaded_run.run]).ranks(mix), first)
    assert len(measured) == 2
    [file] = (workspace.cache / "fisher").glob("[!.]*")
    file.write_bytes(file.read_bytes()[:-10])
    assert np.array_equal(Mixer(loaded_run, [loaded_run.run]).ranks(mix), first)
    assert len(measured) == 4


def test_importance_is_of_exact_weights_where_ranks_are_computed_in_half_precision(shapes_domain, workspace, tiny_name):
    """With LoRA most weights of a block do not change, so no mix sets them again."""
    settings = Settings(tune="lora:2", epochs=1, batch_size=16)
    run = train_run(shapes_domain, tiny_name, settings, Reading(), "cpu", workspace)[0]
    exact = Mixer(open_run(run, shapes_domain, workspace, "cpu", "fp32"), [run])._measure_importance(
        ["clip.visual.proj"]
    )
    loaded_run = open_run(run, shapes_domain, workspace, "cpu", {"image": "bf16", "text": "bf16"})
    half = Mixer(loaded_run, [run])
    assert torch.equal(
        half._measure_importance(["clip.visual.proj"])[1]["clip.visual.proj"], exact[1]["clip.visual.proj"]
    )
    assert loaded_run.experiment.encoder.computes_in("text") == torch.bfloat16


def test_a_soup_ranks_as_the_mean_of_the_runs(loaded_run, run, shapes_domain, workspace, tiny_name):
    settings = replace(run.info.settings, seed=1)
    sister = train_run(shapes_domain, tiny_name, settings, Reading(), "cpu", workspace)[0]
    ranks = Mixer(loaded_run, [run, sister]).ranks(Mix((run.info.name, sister.info.name), 1.0))
    both = [open_run(each_run, shapes_domain, workspace, "cpu")._fine_tuned for each_run in (run, sister)]
    loaded_run.experiment.encoder.set_weights({key: (both[0][key] + both[1][key]) / 2 for key in both[0]})
    assert np.array_equal(loaded_run.view("val").ranks()[0], ranks)


def test_heads_have_no_depths(shapes_domain, workspace, tiny_name):
    run = train_run(
        shapes_domain, tiny_name, Settings(tune="head", epochs=1, batch_size=16), Reading(), "cpu", workspace
    )[0]
    mixer = Mixer(open_run(run, shapes_domain, workspace, "cpu"), [run])
    assert mixer.ends.changed_parts == ["image.late", "text.late"]
