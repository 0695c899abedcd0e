"""A run at any α: exactly, along the path, in half precision, and for queries from outside."""

import numpy as np
import pytest
import torch

from core.data.pixels import open_image
from core.data.reading import Reading
from core.interpolation.alphapath import lobatto_nodes
from core.training.settings import Settings
from core.workspace.sweep_info import PrecisionChoice
from core.workspace.training import train_run
from core.workspace.tuned import TunedExperiment, open_run


def test_each_towers_embeddings_are_those_under_the_mixed_weights(opened):
    alphas = [1.0, 0.3, 0.0]
    towers = {tower: list(opened.embeddings(tower, alphas, "val")) for tower in ("image", "text")}
    for place, alpha in enumerate(alphas):
        view = opened.at(alpha, "val")
        for tower, embeddings in towers.items():
            assert torch.equal(embeddings[place], view.embed(tower))
    assert not torch.allclose(towers["text"][0], towers["text"][2], atol=1e-3)


def test_setting_one_tower_leaves_the_other(opened):
    opened.set_alpha(0.0)
    before = opened.view("val").embed("image")
    opened.set_alpha(1.0, "text")
    assert torch.equal(opened.view("val").embed("image"), before)


def test_the_path_holds_the_exact_embeddings_and_is_made_once(opened, monkeypatch):
    path = opened.path("val")
    assert path.is_good
    assert path.node_count == 9
    exact = opened.at(float(lobatto_nodes(9)[3]), "val").embed("text")
    torch.testing.assert_close(path.text.values[3], exact, atol=1e-6, rtol=0)
    monkeypatch.setattr(opened, "embeddings", lambda *_: pytest.fail("evaluated again"))
    again = opened.path("val")
    assert torch.equal(again.image.values, path.image.values)


def test_a_damaged_path_is_made_again(opened, places):
    path = opened.path("val")
    [file] = (places.cache / "paths").iterdir()
    file.write_bytes(file.read_bytes()[:-10])
    assert torch.equal(opened.path("val").text.values, path.text.values)


def test_another_split_another_run_and_another_precision_have_paths_of_their_own(run, shapes_domain, places, tiny_name):
    open_run(run, shapes_domain, places, "cpu").path("val")
    open_run(run, shapes_domain, places, "cpu").path("train")
    open_run(run, shapes_domain, places, "cpu", "bf16").path("val")
    other = train_run(
        shapes_domain, tiny_name, Settings(tune="head", epochs=1, lr=1e-3, batch_size=16), Reading(), "cpu", places
    )[0]
    open_run(other, shapes_domain, places, "cpu").path("val")
    assert len(list((places.cache / "paths").iterdir())) == 4


def test_a_headline_and_a_photo_from_outside_are_embedded_like_the_domains_own(opened, shapes_domain):
    article = shapes_domain.subset("val").iloc[0]
    texts = opened.embed_headlines([article["title"]], 0.4)
    photo = opened.embed_photo(open_image(shapes_domain.images_root / article["image_file"]), 0.4)
    view = opened.at(0.4, "val")
    torch.testing.assert_close(texts[0], view.embed("text")[0], atol=1e-5, rtol=0)
    torch.testing.assert_close(photo[0], view.embed("image")[view.gallery.target[0]], atol=1e-5, rtol=0)


@pytest.mark.parametrize("choice", ["fp32", "bf16"])
def test_what_was_asked_for_is_computed_in(run, shapes_domain, places, choice: PrecisionChoice):
    opened = open_run(run, shapes_domain, places, "cpu", choice)
    assert {precision.name for precision in opened.precision.values()} == {choice}
    encoder = opened.experiment.encoder
    expected = torch.bfloat16 if choice == "bf16" else torch.float32
    assert encoder.clip.visual.conv1.weight.dtype == expected
    assert encoder.clip.visual.proj.dtype == torch.float32, "heads are small and the last"
    embeddings = opened.at(0.5, "val").embed("image")
    assert embeddings.dtype == torch.float32
    reference = open_run(run, shapes_domain, places, "cpu", "fp32").at(0.5, "val").embed("image")
    cosines = (embeddings * reference).sum(dim=1)
    assert cosines.min() > 0.999
    assert torch.equal(embeddings, reference) == (choice == "fp32")


def test_half_precision_mixes_in_single_precision_and_comes_back_to_the_checkpoints(run, shapes_domain, places):
    """Weights in bf16 are rounded from the float32 mixture each time, never from what was rounded before."""
    opened = open_run(run, shapes_domain, places, "cpu", "bf16")
    first = opened.at(0.3, "val").embed("text")
    for alpha in np.linspace(0, 1, 7):
        opened.set_alpha(float(alpha))
    assert torch.equal(opened.at(0.3, "val").embed("text"), first)


@pytest.mark.parametrize(
    ("speedup", "expected", "reason"),
    [(0.9, "fp32", "bf16 is not quicker here"), (3.0, "bf16", "quicker here, and ranks agree with fp32")],
)
def test_auto_takes_bf16_where_it_is_quicker_and_agrees(
    run, shapes_domain, places, monkeypatch, speedup, expected, reason
):
    monkeypatch.setattr("core.workspace.precision.bf16_speedup", lambda encoder, activations: speedup)
    opened = open_run(run, shapes_domain, places, "cpu", "auto")
    for tower in ("image", "text"):
        chosen = opened.precision[tower]
        assert (chosen.name, chosen.reason, chosen.speedup) == (expected, reason, speedup)
        assert (chosen.agreement is not None) == (speedup > 1)
        assert opened.experiment.encoder.computes_in(tower) == {"fp32": torch.float32, "bf16": torch.bfloat16}[expected]


def test_auto_keeps_fp32_where_ranks_do_not_agree(run, shapes_domain, places, monkeypatch):
    monkeypatch.setattr("core.workspace.precision.bf16_speedup", lambda encoder, activations: 3.0)
    real = TunedExperiment.embeddings

    def shuffled_in_half_precision(self, tower, alphas, split):
        for embeddings in real(self, tower, alphas, split):
            half = self.experiment.encoder.computes_in("text") == torch.bfloat16 and tower == "text"
            yield embeddings.flip(0) if half else embeddings

    monkeypatch.setattr(TunedExperiment, "embeddings", shuffled_in_half_precision)
    opened = open_run(run, shapes_domain, places, "cpu", "auto")
    assert (opened.precision["image"].name, opened.precision["text"].name) == ("bf16", "fp32")
    assert opened.precision["text"].reason == "bf16 ranks are too far from fp32"
    assert opened.experiment.encoder.computes_in("text") == torch.float32
    exact = open_run(run, shapes_domain, places, "cpu", "fp32").at(0.7, "val").embed("text")
    assert torch.equal(opened.at(0.7, "val").embed("text"), exact)


def test_the_probe_measures_and_leaves_the_tower_as_it_was(opened):
    from core.workspace.precision import bf16_speedup

    for activations in opened.activations.values():
        assert 0.01 < bf16_speedup(opened.experiment.encoder, activations) < 100
        assert opened.experiment.encoder.computes_in(activations.tower) == torch.float32
