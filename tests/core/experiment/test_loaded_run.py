"""A run at any α: exactly, along the path, in half precision, and for queries from outside."""

import numpy as np
import pytest
import torch

from core.data.images.decoding import open_image
from core.data.query_text import Reading
from core.encoders.base import TOWERS
from core.evaluation.agreement import Disagreement
from core.experiment.experiment import Experiment
from core.experiment.loaded_run import LoadedRun, open_run
from core.experiment.precision import has_bf16_instructions
from core.experiment.train import train_run
from core.interpolation.barycentric import lobatto_nodes
from core.presentation.paper_tables import precision_sentences
from core.training.settings import Settings
from core.workspace.sweep_info import PrecisionName


def test_each_towers_embeddings_are_those_under_the_mixed_weights(loaded_run):
    alphas = [1.0, 0.3, 0.0]
    towers = {tower: list(loaded_run.embeddings(tower, alphas, "val")) for tower in ("image", "text")}
    for place, alpha in enumerate(alphas):
        view = loaded_run.at(alpha, "val")
        for tower, embeddings in towers.items():
            assert torch.equal(embeddings[place], view.embed(tower))
    assert not torch.allclose(towers["text"][0], towers["text"][2], atol=1e-3)


def test_setting_one_tower_leaves_the_other(loaded_run):
    loaded_run.set_alpha(0.0)
    before = loaded_run.view("val").embed("image")
    loaded_run.set_alpha(1.0, "text")
    assert torch.equal(loaded_run.view("val").embed("image"), before)


def test_rankers_in_turns_each_have_their_own_alpha(loaded_run):
    before, after = loaded_run.at(0.0, "val"), loaded_run.at(1.0, "val")
    for tower in TOWERS:
        expected = {alpha: next(loaded_run.embeddings(tower, [alpha], "val")) for alpha in (0.0, 1.0)}
        assert torch.equal(before.embed(tower), expected[0.0])
        assert torch.equal(after.embed(tower), expected[1.0])
        assert not torch.equal(before.embed(tower), after.embed(tower))


def test_the_path_holds_the_exact_embeddings_and_is_made_once(loaded_run, monkeypatch):
    path = loaded_run.path("val")
    assert path.is_good
    assert path.node_count == 9
    exact = loaded_run.at(float(lobatto_nodes(9)[3]), "val").embed("text")
    torch.testing.assert_close(path.text.values[3], exact, atol=1e-6, rtol=0)
    monkeypatch.setattr(loaded_run, "embeddings", lambda *_: pytest.fail("evaluated again"))
    again = loaded_run.path("val")
    assert torch.equal(again.image.values, path.image.values)


def test_a_damaged_path_is_made_again(loaded_run, workspace):
    path = loaded_run.path("val")
    [file] = (workspace.cache / "paths").iterdir()
    file.write_bytes(file.read_bytes()[:-10])
    assert torch.equal(loaded_run.path("val").text.values, path.text.values)


def test_another_split_another_run_and_another_precision_have_paths_of_their_own(
    run, shapes_domain, workspace, tiny_name
):
    open_run(run, shapes_domain, workspace, "cpu").path("val")
    open_run(run, shapes_domain, workspace, "cpu").path("train")
    open_run(run, shapes_domain, workspace, "cpu", dict.fromkeys(TOWERS, "bf16")).path("val")
    other = train_run(
        shapes_domain, tiny_name, Settings(tune="all", epochs=1, lr=1e-3, batch_size=16), Reading(), "cpu", workspace
    )[0]
    open_run(other, shapes_domain, workspace, "cpu").path("val")
    assert len(list((workspace.cache / "paths").iterdir())) == 4


def test_a_headline_and_a_photo_from_outside_are_embedded_like_the_domains_own(loaded_run, shapes_domain):
    article = shapes_domain.subset("val").iloc[0]
    texts = loaded_run.embed_headlines([article["title"]], 0.4)
    photo = loaded_run.embed_photos([open_image(shapes_domain.images_root / article["image_file"])], 0.4)
    view = loaded_run.at(0.4, "val")
    torch.testing.assert_close(texts[0], view.embed("text")[0], atol=1e-5, rtol=0)
    torch.testing.assert_close(photo[0], view.embed("image")[view.gallery.target[0]], atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", ["fp32", "bf16"])
def test_what_the_sweep_chose_is_computed_in(run, shapes_domain, workspace, name: PrecisionName):
    loaded_run = open_run(run, shapes_domain, workspace, "cpu", dict.fromkeys(TOWERS, name))
    assert {precision.name for precision in loaded_run.precision.values()} == {name}
    encoder = loaded_run.experiment.encoder
    expected = torch.bfloat16 if name == "bf16" else torch.float32
    assert encoder.clip.visual.conv1.weight.dtype == expected
    assert encoder.clip.visual.proj.dtype == torch.float32, "heads stay in float32"
    embeddings = loaded_run.at(0.5, "val").embed("image")
    assert embeddings.dtype == torch.float32
    reference = open_run(run, shapes_domain, workspace, "cpu", "fp32").at(0.5, "val").embed("image")
    cosines = (embeddings * reference).sum(dim=1)
    assert cosines.min() > 0.999
    assert torch.equal(embeddings, reference) == (name == "fp32")


def test_half_precision_mixes_in_single_precision_and_comes_back_to_the_checkpoints(run, shapes_domain, workspace):
    """Weights in bf16 are rounded from the float32 mixture each time, never from what was rounded before."""
    loaded_run = open_run(run, shapes_domain, workspace, "cpu", dict.fromkeys(TOWERS, "bf16"))
    first = loaded_run.at(0.3, "val").embed("text")
    for alpha in np.linspace(0, 1, 7):
        loaded_run.set_alpha(float(alpha))
    assert torch.equal(loaded_run.at(0.3, "val").embed("text"), first)


def flipped_in_bf16(monkeypatch, tower):
    """Give one tower the embeddings of other articles if it computes in bf16."""
    real = LoadedRun.embeddings

    def embeddings(self, of, alphas, split):
        for found in real(self, of, alphas, split):
            half = self.experiment.encoder.computes_in(tower) == torch.bfloat16 and of == tower
            yield found.flip(0) if half else found

    monkeypatch.setattr(LoadedRun, "embeddings", embeddings)


def test_bf16_is_checked_against_fp32_tower_by_tower(run, shapes_domain, workspace, monkeypatch):
    monkeypatch.setattr(Disagreement, "is_within", lambda self, n: self.mrr_100 < 0.05)  # twelve articles are few
    flipped_in_bf16(monkeypatch, "text")
    loaded_run = open_run(run, shapes_domain, workspace, "cpu", "bf16")
    image, text = loaded_run.precision["image"], loaded_run.precision["text"]
    assert (image.name, text.name) == ("bf16", "fp32")
    assert image.agreement.mrr_100 < 0.05 < text.agreement.mrr_100
    sentences = precision_sentences(loaded_run.precision)
    assert len(sentences) == 2
    assert str(image.agreement) in sentences[0]
    assert str(text.agreement) in sentences[1]
    assert loaded_run.experiment.encoder.computes_in("text") == torch.float32
    exact = open_run(run, shapes_domain, workspace, "cpu", "fp32").at(0.7, "val").embed("text")
    assert torch.equal(loaded_run.at(0.7, "val").embed("text"), exact)


def test_fp32_is_the_reference_and_checks_nothing(run, shapes_domain, workspace, monkeypatch):
    monkeypatch.setattr("core.experiment.precision.disagreement", lambda *_: pytest.fail("checked"))
    loaded_run = open_run(run, shapes_domain, workspace, "cpu", "fp32")
    assert {(tower.name, tower.agreement) for tower in loaded_run.precision.values()} == {("fp32", None)}
    assert precision_sentences(loaded_run.precision) == []


@pytest.mark.parametrize("has_bf16", [True, False])
def test_what_bf16_would_save_is_said_where_the_processor_has_it(loaded_run, monkeypatch, has_bf16):
    monkeypatch.setattr("core.experiment.loaded_run.has_bf16_instructions", lambda: has_bf16)
    assert loaded_run.bf16_note() is None, "nothing was encoded yet"
    list(loaded_run.embeddings("text", [0.0, 0.5], "val"))
    assert loaded_run.encoding_seconds["text"] > 0 == loaded_run.encoding_seconds["image"]
    loaded_run.encoding_seconds["text"] = 64.0
    note = loaded_run.bf16_note()
    assert (note is not None) == has_bf16
    if note is not None:
        assert "64.0 s" in note
        assert "20.0 s" in note
        assert "--precision bf16" in note


def test_nothing_is_said_where_only_heads_change(shapes_domain, workspace, tiny_name, monkeypatch):
    monkeypatch.setattr("core.experiment.loaded_run.has_bf16_instructions", lambda: True)
    settings = Settings(tune="head", epochs=1, lr=1e-3, batch_size=16)
    run = train_run(shapes_domain, tiny_name, settings, Reading(), "cpu", workspace)[0]
    loaded_run = open_run(run, shapes_domain, workspace, "cpu", "fp32")
    list(loaded_run.embeddings("text", [0.0], "val"))
    assert loaded_run.encoding_seconds["text"] > 0
    assert loaded_run.bf16_note() is None


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [({"architecture": "x86_64", "avx512_f": True, "avx512_bf16": False, "amx_bf16": False}, False),
     ({"architecture": "x86_64", "avx512_bf16": True, "amx_bf16": False}, True),
     ({"architecture": "x86_64", "avx512_bf16": False, "amx_bf16": True}, True),
     ({"architecture": "arm64", "neon": True, "bf16": True}, True),
     ({"architecture": "arm64", "neon": True, "bf16": False}, False)],
)  # fmt: skip
def test_bf16_instructions_are_found(monkeypatch, capabilities, expected):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    assert has_bf16_instructions() == expected


def test_activations_are_opened_when_needed_and_leave_the_weights_alone(run, shapes_domain, workspace, monkeypatch):
    expected = open_run(run, shapes_domain, workspace, "cpu").at(0.4, "val").embed("text")
    real, calls = Experiment.activations, []
    monkeypatch.setattr(Experiment, "activations", lambda *given: calls.append(1) or real(*given))
    loaded_run = open_run(run, shapes_domain, workspace, "cpu")
    loaded_run.embed_headlines(["a red circle"], 0.4)
    assert calls == []
    loaded_run.set_alpha(0.4)
    assert torch.equal(loaded_run.view("val").embed("text"), expected), "theta(0.4) is still there"
    assert calls == [1]
