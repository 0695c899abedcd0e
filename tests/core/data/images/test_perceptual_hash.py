"""Perceptual hashes: near for copies of one image, far for others, kept, and in the order of the files."""

import numpy as np
import pytest
from PIL import Image

from core.data.images import perceptual_hash as room
from core.data.images.decoding import ImageError
from core.data.images.perceptual_hash import image_hashes


def _scene(seed: int) -> Image.Image:
    """Soft blobs, as different from seed to seed as photos are."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((320, 240), Image.Resampling.BICUBIC)


@pytest.fixture
def files(tmp_path):
    one, other = _scene(0), _scene(1)
    one.save(tmp_path / "one.png")
    one.resize((160, 120)).save(tmp_path / "smaller.jpg", quality=60)
    one.crop((4, 3, 316, 237)).save(tmp_path / "cropped.webp")
    other.save(tmp_path / "other.png")
    return [tmp_path / name for name in ("one.png", "smaller.jpg", "cropped.webp", "other.png")]


def test_copies_are_near_and_others_far(files, tmp_path):
    hashes = image_hashes(files, ["a", "b", "c", "d"], tmp_path)
    assert (hashes.dtype, hashes.shape) == (np.uint64, (4,))
    apart = np.bitwise_count(hashes ^ hashes[0])
    assert apart[0] == 0
    assert apart[1] <= 8
    assert apart[2] <= 8
    assert apart[3] > 16


def test_they_are_made_once_for_the_same_images(files, tmp_path, monkeypatch):
    first = image_hashes(files, ["a", "b", "c", "d"], tmp_path)
    monkeypatch.setattr(room, "_hash", lambda _: pytest.fail("hashed again"))
    np.testing.assert_array_equal(image_hashes(files, ["a", "b", "c", "d"], tmp_path), first)
    [kept] = (tmp_path / "picture-hashes").iterdir()
    monkeypatch.undo()
    kept.write_bytes(b"damaged")
    np.testing.assert_array_equal(image_hashes(files, ["a", "b", "c", "d"], tmp_path), first)
    image_hashes(files[:2], ["a", "other"], tmp_path)
    assert len(list((tmp_path / "picture-hashes").iterdir())) == 2


def test_an_image_that_is_gone_is_named(tmp_path):
    (tmp_path / "bad.jpg").write_bytes(b"no image")
    with pytest.raises(ImageError, match=r"bad\.jpg.*import"):
        image_hashes([tmp_path / "bad.jpg"], ["a"], tmp_path)
