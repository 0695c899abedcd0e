"""Models at one α: open models do not change each other, and a closed one refuses to compute."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import open_clip
import pytest
import torch
from PIL import Image

import rematch as rm
from core.experiment.loaded_run import open_run
from core.interpolation.wise_ft import interpolate

ALPHAS = (0.0, 0.3, 1.0)


def everything(model: rm.Model) -> tuple[list[int], list[float], list[float], np.ndarray]:
    """Return ranks, scores in both directions and embeddings of a model."""
    return (
        model.rank("val").ranks["rank"].tolist(),
        model.find_images("a red circle", k=60)["score"].tolist(),
        model.find_texts("images/4.png", k=60)["score"].tolist(),
        np.concatenate([model.embed_texts(["a blue square"]), model.embed_images(["images/5.png"])]),
    )


def assert_same(found, expected) -> None:
    assert found[:3] == expected[:3]
    assert np.array_equal(found[3], expected[3])


@pytest.fixture
def one_by_one(run):
    """Return the results at each α with no other model open."""
    found = {}
    for alpha in ALPHAS:
        with run.at(alpha) as model:
            found[alpha] = everything(model)
    assert found[0.0][0] != found[1.0][0], "else no mistake would be seen"
    assert not np.allclose(found[0.3][3], found[1.0][3])
    return found


def test_models_in_turns_each_have_their_own_alpha(run, one_by_one):
    with run.at(0.0) as first, run.at(1.0) as last:
        ranks = {0.0: first.rank().ranks["rank"].tolist(), 1.0: last.rank().ranks["rank"].tolist()}
        assert_same(everything(first), one_by_one[0.0])
        with run.at(0.3) as between:
            assert_same(everything(last), one_by_one[1.0])
            assert_same(everything(between), one_by_one[0.3])
            assert_same(everything(first), one_by_one[0.0])
        assert_same(everything(last), one_by_one[1.0])
    assert ranks == {alpha: one_by_one[alpha][0] for alpha in ranks}


def test_models_in_threads_each_have_their_own_alpha(run, one_by_one):
    def compute(alpha: float):
        with run.at(alpha) as model:
            return alpha, [everything(model) for _ in range(3)]

    with ThreadPoolExecutor(3) as threads:
        for alpha, results in threads.map(compute, ALPHAS * 2):
            for found in results:
                assert_same(found, one_by_one[alpha])


def test_a_sweep_leaves_an_open_model_as_it_is(run, one_by_one):
    with run.at(0.3) as model:
        run.sweep(alphas=[0.6], rerank="csls")
        assert_same(everything(model), one_by_one[0.3])
    with run.at(0.3) as model:  # follows the sweep, as the command line does
        assert everything(model)[1] != one_by_one[0.3][1]


def test_a_closed_model_refuses(run):
    with run.at(0.3) as model:
        clip = model.open_clip()
    for use in (
        lambda: model.rank(),
        lambda: model.find_images("a red circle"),
        lambda: model.find_texts("images/4.png"),
        lambda: model.embed_texts(["a"]),
        lambda: model.embed_images(["images/4.png"]),
        model.open_clip,
    ):
        with pytest.raises(rm.InputError, match=r"closed.*run\.at\(0\.3\)"):
            use()
    assert "closed" in repr(model)
    assert next(clip.parameters()).isfinite().all()


def test_it_closes_after_an_error_too(run):
    with pytest.raises(KeyError), run.at(0.3) as model:
        raise KeyError
    with pytest.raises(rm.InputError, match="closed"):
        model.rank()


@pytest.mark.parametrize("alpha", ALPHAS)
@torch.inference_mode()
def test_open_clips_model_has_the_weights_at_alpha_and_keeps_them(run, domain, tiny_name, alpha):
    with run.at(alpha) as model, run.at(0.7) as other:
        clip = model.open_clip()
        expected = model.embed_texts(["a red circle"])
        other.rank()
    tokens = open_clip.get_tokenizer("TinyClip")(["a red circle"])
    np.testing.assert_allclose(clip.encode_text(tokens, normalize=True).numpy(), expected, atol=1e-6)
    loaded_run = open_run(run._run, domain._domain, domain._folders, "cpu")
    weights = interpolate(loaded_run._base, loaded_run._fine_tuned, alpha)
    assert {"clip.visual.proj", "clip.text_projection"} <= set(weights)
    for key, tensor in weights.items():
        assert torch.equal(clip.state_dict()[key.removeprefix("clip.")], tensor)
    assert not clip.training


def test_the_weights_are_not_rounded_where_the_run_computes_in_bf16(domain, tiny_name, monkeypatch):
    monkeypatch.setattr("core.evaluation.agreement.Disagreement.is_within", lambda *_: True)
    run = domain.fine_tune("whole", tiny_name, "all", epochs=1, lr=1e-3, batch_size=16)
    with run.at(0.3) as model:
        exact, text = model.open_clip().state_dict(), model.embed_texts(["a"])
    sweep = run.sweep(alphas=[0.3], precision="bf16")
    assert {tower.name for tower in sweep.info.precision.values()} == {"bf16"}
    with run.at(0.3) as model:
        weights, half = model.open_clip().state_dict(), model.embed_texts(["a"])
    assert all(torch.equal(weights[key], tensor) for key, tensor in exact.items())
    assert half.dtype == np.float32
    assert not np.array_equal(half, text)


def test_a_search_can_stay_within_a_split(run, domain):
    articles = domain.articles
    of_val = set(articles.loc[articles["split"] == "val", "article_id"])
    with run.at(0.5) as model:
        images, texts = (
            model.find_images("a red circle", k=100, split="val"),
            model.find_texts("images/4.png", 100, split="val"),
        )
        everywhere = model.find_images("a red circle", k=100)
    assert set(texts["article_id"]) == of_val
    assert set(images["article_id"]) == of_val
    assert len(everywhere) == 60
    within = everywhere[everywhere["article_id"].isin(of_val)]
    assert within["score"].tolist() == pytest.approx(images["score"].tolist(), abs=1e-6)
    scores = dict(zip(everywhere["image_id"], everywhere["score"], strict=True))
    assert images["score"].tolist() == pytest.approx([scores[image] for image in images["image_id"]], abs=1e-6)


def test_embeddings_give_the_scores_of_a_search(run):
    with run.at(0.5) as model:
        found = model.find_images("a red circle", k=70)
        scores = model.embed_texts("a red circle") @ model.embed_images(found["image_file"].tolist()).T
        assert model.embed_texts([]).shape == model.embed_images([]).shape == (0, 32)
    np.testing.assert_allclose(scores[0], found["score"], atol=1e-5)


def test_an_image_in_memory_is_read_as_its_file(run, tmp_path):
    turned = Image.open("images/4.png").convert("RGBA")
    turned.putalpha(Image.new("L", turned.size, 128))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    turned.save(tmp_path / "turned.png", exif=exif)
    with run.at(0.5) as model:
        file, memory, plain = model.embed_images([tmp_path / "turned.png", Image.open("turned.png"), "images/4.png"])
    assert np.array_equal(file, memory)
    assert not np.allclose(file, plain)


def test_odd_arguments_are_refused(run, tmp_path):
    (tmp_path / "text.png").write_text("no image")
    for alpha in (-0.1, 1.1, float("nan")):
        with pytest.raises(rm.InputError, match="alpha"), run.at(alpha):
            pass
    with run.at(0.5) as model:
        for call, keyword in (
            (lambda: model.rank("tset"), "split"),
            (lambda: model.rank("test"), "test"),
            (lambda: model.find_images("a", k=0), "k=0"),
            (lambda: model.find_images("a", split="tset"), "split"),
            (lambda: model.find_texts("text.png"), "text.png"),
            (lambda: model.find_texts("none.png"), "none.png"),
        ):
            with pytest.raises(rm.InputError, match=keyword):
                call()
