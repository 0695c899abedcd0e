"""Small images: of one shape, kept, and made again when they are gone."""

from io import BytesIO

import pytest
from PIL import Image

from core.data.images.decoding import ImageError
from core.data.images.thumbnails import LARGE, SMALL, thumbnail


def size_of(data: bytes) -> tuple[int, int]:
    with Image.open(BytesIO(data)) as image:
        assert image.format == "JPEG"
        return image.size


@pytest.mark.parametrize("size", [(2000, 500), (500, 2000), (20, 10), (1, 1), (640, 480)])
def test_tiles_have_one_shape_and_large_ones_stay_whole(tmp_path, size):
    Image.new("RGBA", size, (200, 10, 10, 128)).save(tmp_path / "a.png")
    assert size_of(thumbnail(tmp_path / "a.png", "h", SMALL, tmp_path / "cache")) == SMALL
    large = size_of(thumbnail(tmp_path / "a.png", "h", LARGE, tmp_path / "cache"))
    assert max(large) <= LARGE[0]
    assert large[0] / large[1] == pytest.approx(size[0] / size[1], rel=0.01)


def test_it_is_read_from_the_cache_when_the_image_is_gone_and_made_when_the_cache_is(tmp_path):
    Image.new("RGB", (60, 40)).save(tmp_path / "a.png")
    first = thumbnail(tmp_path / "a.png", "h", SMALL, tmp_path / "cache")
    kept = next((tmp_path / "cache" / "thumbnails").iterdir())
    kept.unlink()
    assert thumbnail(tmp_path / "a.png", "h", SMALL, tmp_path / "cache") == first
    (tmp_path / "a.png").unlink()
    assert thumbnail(tmp_path / "a.png", "h", SMALL, tmp_path / "cache") == first
    with pytest.raises(ImageError, match="FileNotFound"):
        thumbnail(tmp_path / "a.png", "other", SMALL, tmp_path / "cache")


def test_what_is_no_image_is_refused(tmp_path):
    (tmp_path / "a.jpg").write_text("<svg/>")
    with pytest.raises(ImageError):
        thumbnail(tmp_path / "a.jpg", "h", SMALL, tmp_path / "cache")
