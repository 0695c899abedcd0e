"""Embeddings from cached activations against the whole tower."""

from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch
from PIL import Image

from core.data.images.decoding import ImageError
from core.encoders.base import Encoder
from core.encoders.clip.encoder import load_clip
from core.encoders.embedding import embed, image_activations, text_activations
from core.encoders.inputs import pixels_of

# Lengths all mixed up, and more than one batch of them.
TEXTS = [f"{'a very ' * (number * 7 % 6)}red circle {number}" for number in range(70)]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("images")
    rng = np.random.default_rng(0)
    for number in range(70):
        Image.fromarray(rng.integers(0, 256, (36, 40, 3), dtype=np.uint8)).save(folder / f"{number}.png")
    return [folder / f"{number}.png" for number in range(70)]


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def hashes(files: list[Path]) -> list[str]:
    return [file.name for file in files]


def cached_files(cache: Path, folder: str = "activations") -> list[Path]:
    return sorted((cache / folder).glob("*")) if (cache / folder).exists() else []


def count_runs(encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list to which each run of a tower appends its name."""
    runs = []
    real = encoder.forward_between

    def counted(tower, *arguments):
        runs.append(tower)
        return real(tower, *arguments)

    monkeypatch.setattr(encoder, "forward_between", counted)
    return runs


@torch.inference_mode()
@pytest.mark.parametrize("model", ["TinyClip", "TinyCustom", "TinyConv"])
def test_embeddings_from_any_stage_are_the_whole_towers(model, tiny_names, files, cache):
    encoder = load_clip(tiny_names[model]).eval()
    rows = np.random.default_rng(1).permutation(70)[:67]
    pixels = torch.stack([encoder.preprocess(Image.open(files[row])) for row in rows])
    whole_images = encoder.encode_image(pixels)
    whole_texts = encoder.encode_text(encoder.tokenize([TEXTS[row] for row in rows]))
    for stop in range(len(encoder.image_stages) + 1):
        activations = image_activations(encoder, stop, files, hashes(files), cache)
        assert (len(activations), activations.start) == (70, stop)
        torch.testing.assert_close(embed(encoder, activations, rows), whole_images, atol=1e-5, rtol=0)
    for stop in range(len(encoder.text_stages) + 1):
        activations = text_activations(encoder, stop, TEXTS, cache)
        torch.testing.assert_close(embed(encoder, activations, rows), whole_texts, atol=1e-5, rtol=0)


@torch.inference_mode()
def test_lite_from_any_text_stage_is_the_whole_tower(lite, cache):
    texts = TEXTS[:9]
    whole = lite.encode_text(lite.tokenize(texts))
    rows = np.arange(9)
    for stop in (0, 1, 4, 7, 8, 9):
        ours = embed(lite, text_activations(lite, stop, texts, cache), rows)
        torch.testing.assert_close(ours, whole, atol=1e-5, rtol=0)


@torch.inference_mode()
def test_lite_from_any_image_stage_is_the_whole_tower(lite, files, cache):
    few = files[:3]
    whole = lite.encode_image(torch.stack([lite.preprocess(Image.open(file)) for file in few]))
    for stop in (0, 1, 5, 8, 9, 10):
        ours = embed(lite, image_activations(lite, stop, few, hashes(few), cache), np.arange(3))
        torch.testing.assert_close(ours, whole, atol=1e-5, rtol=0)


@torch.inference_mode()
def test_multilingual_texts_come_from_the_cache_as_they_are(lite_multilingual, cache):
    texts = ["Ein Hund", "Eine Katze", "A dog"]
    whole = lite_multilingual.encode_text(lite_multilingual.tokenize(texts))
    for stop in (0, 1):
        ours = embed(lite_multilingual, text_activations(lite_multilingual, stop, texts, cache), np.arange(3))
        torch.testing.assert_close(ours, whole, atol=1e-6, rtol=0)


@torch.inference_mode()
def test_a_text_keeps_its_own_embedding_whatever_its_length(tiny, cache):
    alone = torch.cat([tiny.encode_text(tiny.tokenize([text])) for text in TEXTS])
    together = embed(tiny, text_activations(tiny, 3, TEXTS, cache), np.arange(70))
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=0)
    assert len(torch.unique(alone, dim=0)) == 70


def test_rows_may_come_twice_and_in_any_order(tiny, cache):
    activations = text_activations(tiny, 2, TEXTS, cache)
    whole = embed(tiny, activations, np.arange(70))
    rows = np.array([5, 5, 69, 0, 5])
    torch.testing.assert_close(embed(tiny, activations, rows), whole[torch.from_numpy(rows)], atol=1e-6, rtol=0)


def test_the_second_time_no_tower_is_run(tiny, files, cache, monkeypatch):
    runs = count_runs(tiny, monkeypatch)
    first = image_activations(tiny, 3, files, hashes(files), cache), text_activations(tiny, 3, TEXTS, cache)
    assert {"image", "text"} == set(runs)
    runs.clear()
    monkeypatch.setattr(tiny, "tokenize", lambda texts: pytest.fail("read again"))
    monkeypatch.setattr(tiny, "preprocess", lambda image: pytest.fail("decoded again"))
    second = image_activations(tiny, 3, files, hashes(files), cache), text_activations(tiny, 3, TEXTS, cache)
    assert runs == []
    for computed, cached in zip(first, second, strict=True):
        np.testing.assert_array_equal(computed.x, cached.x)
        np.testing.assert_array_equal(computed.tokens, cached.tokens)


def test_at_stage_0_are_the_pixels_and_tokens_themselves(tiny, files, cache):
    images = image_activations(tiny, 0, files, hashes(files), cache)
    assert images.x.dtype == np.uint8
    np.testing.assert_array_equal(images.x[7], tiny.preprocess(Image.open(files[7])).numpy())
    texts = text_activations(tiny, 0, TEXTS, cache)
    length = texts.x.shape[1]
    assert length <= 16
    np.testing.assert_array_equal(texts.x, tiny.tokenize(TEXTS).numpy()[:, :length])
    assert not tiny.tokenize(TEXTS).numpy()[:, length:].any()


@pytest.mark.parametrize("damage", [lambda data: data[:-100], lambda data: b"", lambda data: b"\0" * len(data)])
def test_a_damaged_file_is_rebuilt(tiny, files, cache, damage):
    before = np.array(image_activations(tiny, 3, files, hashes(files), cache).x)
    [file] = cached_files(cache)
    file.write_bytes(damage(file.read_bytes()))
    np.testing.assert_array_equal(image_activations(tiny, 3, files, hashes(files), cache).x, before)
    assert cached_files(cache) == [file]


def test_what_fails_leaves_nothing_behind(tiny, files, cache, monkeypatch):
    def fail(*_: object) -> None:
        raise RuntimeError("out of memory")

    monkeypatch.setattr(tiny, "forward_between", fail)
    with pytest.raises(RuntimeError, match="out of memory"):
        image_activations(tiny, 3, files, hashes(files), cache)
    assert cached_files(cache) == []


def test_an_image_that_is_gone_is_named(tiny, files, cache):
    gone = [*files[:3], files[0].with_name("gone.png")]
    with pytest.raises(ImageError, match=r"gone\.png.*import"):
        image_activations(tiny, 3, gone, hashes(gone), cache)


def name_of_image_file(encoder: Encoder, stop: int, files: list[Path], cache: Path, **changed: list[str]) -> set[str]:
    """Return the names of the files that this call adds to the cache."""
    before = set(cached_files(cache))
    image_activations(encoder, stop, files, changed.get("hashes", hashes(files)), cache)
    return {path.name for path in set(cached_files(cache)) - before}


def test_new_weights_of_a_passed_stage_are_a_new_file_and_of_a_later_one_are_not(tiny, files, cache):
    few = files[:4]
    assert len(name_of_image_file(tiny, 2, few, cache)) == 1
    with torch.no_grad():
        tiny.clip.visual.proj.add_(1.0)
        tiny.clip.visual.transformer.resblocks[1].mlp.c_fc.weight.add_(1.0)
    assert name_of_image_file(tiny, 2, few, cache) == set()
    with torch.no_grad():
        tiny.clip.visual.transformer.resblocks[0].mlp.c_fc.weight.add_(1.0)
    assert len(name_of_image_file(tiny, 2, few, cache)) == 1
    assert len(name_of_image_file(tiny, 3, few, cache)) == 1


def test_other_images_another_order_and_another_preprocessing_are_new_files(tiny, files, cache, monkeypatch):
    few = files[:4]
    assert len(name_of_image_file(tiny, 2, few, cache)) == 1
    assert len(name_of_image_file(tiny, 2, few, cache, hashes=["another", *hashes(few)[1:]])) == 1
    assert len(name_of_image_file(tiny, 2, few[::-1], cache)) == 1
    assert name_of_image_file(tiny, 2, few, cache) == set()
    monkeypatch.setattr(tiny, "preprocessing", "another crop")
    assert len(name_of_image_file(tiny, 2, few, cache)) == 1


def test_other_texts_are_new_files(tiny, cache, monkeypatch):
    def counts() -> tuple[int, int]:
        return len(cached_files(cache, "inputs")), len(cached_files(cache))

    text_activations(tiny, 2, TEXTS, cache)
    assert counts() == (1, 1), "the tokens and the activations"
    text_activations(tiny, 2, [*TEXTS[:-1], "another"], cache)
    assert counts() == (2, 2)
    monkeypatch.setattr(tiny, "tokenization", "another")
    text_activations(tiny, 2, TEXTS, cache)
    assert counts() == (3, 3)


def test_images_are_decoded_once_for_all_stages(tiny, files, cache, monkeypatch):
    image_activations(tiny, 3, files, hashes(files), cache)
    monkeypatch.setattr(tiny, "preprocess", lambda image: pytest.fail("decoded again"))
    for stop in (0, 1, 5):
        assert len(image_activations(tiny, stop, files, hashes(files), cache)) == 70
    assert len(cached_files(cache, "inputs")) == 1


@pytest.mark.parametrize("name", ["lite", "TinyClip", "TinyConv"])
def test_cached_pixels_are_those_of_the_encoders_transform(name, lite, tiny_names, files, cache):
    """open_clip's whole transform (decoded, resized, cropped, scaled, normalised) equals ours from bytes, to 1e-6."""
    encoder = lite if name == "lite" else load_clip(tiny_names[name])
    pixels = pixels_of(encoder, files, hashes(files), cache)
    for row in (0, 33, 69):
        np.testing.assert_array_equal(pixels[row], encoder.preprocess(Image.open(files[row])).numpy())
    if name != "lite":
        whole = open_clip.transform.image_transform_v2(
            open_clip.transform.PreprocessCfg(**encoder.clip.visual.preprocess_cfg), False
        )
        theirs = torch.stack([whole(Image.open(file)) for file in files[:3]])
        torch.testing.assert_close(encoder._normalised(torch.from_numpy(pixels[:3].copy())), theirs, atol=1e-6, rtol=0)


def test_many_images_keep_their_order_and_the_first_bad_one_is_named(tiny, files, cache):
    many = files * 3
    pixels = pixels_of(tiny, many, [str(row) for row in range(len(many))], cache)
    np.testing.assert_array_equal(pixels[:70], pixels[70:140])
    np.testing.assert_array_equal(pixels[199], tiny.preprocess(Image.open(files[59])).numpy())


def test_embeddings_have_length_one(tiny, files, cache):
    lengths = embed(tiny, image_activations(tiny, 3, files, hashes(files), cache), np.arange(70)).norm(dim=1)
    torch.testing.assert_close(lengths, torch.ones(70), atol=1e-6, rtol=0)
