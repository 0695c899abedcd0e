"""Kinds of images, by drawn examples of each."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from core.data.images.kinds import kind_of


def _photo(width: int = 320, height: int = 240) -> Image.Image:
    """Noise on a gradient: nothing is flat, nothing hard."""
    noise = np.random.default_rng(0).integers(0, 24, size=(height, width, 3))
    return Image.fromarray((noise + np.linspace(60, 180, width)[None, :, None]).astype(np.uint8))


def _with_bars(axis: str) -> Image.Image:
    image = Image.new("RGB", (320, 240), (8, 8, 8))
    image.paste(_photo(320, 180) if axis == "rows" else _photo(240, 240), (0, 30) if axis == "rows" else (40, 0))
    return image


def _screenshot(background: tuple[int, int, int]) -> Image.Image:
    image = Image.new("RGB", (320, 240), background)
    pen = ImageDraw.Draw(image)
    for line in range(8):
        for place in range(6, 200, 6):
            pen.rectangle((place, 10 + 28 * line, place + 3, 24 + 28 * line), (20, 20, 20))
    return image


@pytest.mark.parametrize(
    ("image", "kind"),
    [
        (_photo(), "photo"),
        (_photo(200, 300), "upright photo"),
        (_with_bars("rows"), "letterboxed"),
        (_with_bars("columns"), "letterboxed"),
        (_screenshot((200, 220, 240)), "graphic"),
        (_screenshot((255, 255, 255)), "graphic"),
        (Image.new("RGB", (320, 240), (8, 8, 8)), "photo"),  # a night, not bars from end to end
        (Image.new("RGB", (1, 1), (90, 90, 90)), "photo"),
        (Image.new("RGB", (1, 900), (90, 90, 90)), "upright photo"),
    ],
)
def test_kinds(image: Image.Image, kind: str) -> None:
    assert kind_of(image) == kind


def test_a_large_image_is_of_the_kind_it_is_when_small() -> None:
    large = _screenshot((200, 220, 240)).resize((1600, 1200), Image.Resampling.BICUBIC)
    assert kind_of(large) == "graphic"


def test_the_image_is_left_as_it_was() -> None:
    image = _photo(900, 600)
    kind_of(image)
    assert image.size == (900, 600)
