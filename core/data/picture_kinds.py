"""What kind of picture an article was published with, by three plain measures of its pixels.

Flat areas beside hard edges, or much pure white, make a graphic (screenshot, chart, poster, quotation card); black bars
on two sides a still from a video; a shape higher than wide an upright picture, as portraits and phones have it. All
others are photos.
"""

from typing import Literal, get_args

import numpy as np
from PIL import Image

PictureKind = Literal["graphic", "video still", "upright photo", "photo"]
PICTURE_KINDS: tuple[PictureKind, ...] = get_args(PictureKind)

_SIDE = 256  # pixels of the longer side at which all is measured: blurred by scaling alike
_DARK, _WHITE = 40, 245
_SAME, _JUMP = 2, 60  # between neighbours, of 255: flat, and a hard edge
#: Shares of all neighbours that are flat and not dark, of the others that are hard edges; of white pixels.
_FLAT, _HARD, _PURE = 0.3, 0.085, 0.3
_BAR = 0.05  # of the side, at least, on each of two sides
_UPRIGHT = 1.1  # height by width


def kind_of(image: Image.Image) -> PictureKind:
    """The kind of an upright RGB picture (`core.data.pixels.open_image`)."""
    small = image.copy()
    small.thumbnail((_SIDE, _SIDE), reducing_gap=2.0)
    pixels = np.asarray(small, dtype=np.int16)
    if _is_graphic(pixels):
        return "graphic"
    if _has_bars(pixels):
        return "video still"
    return "upright photo" if image.height >= _UPRIGHT * image.width else "photo"


def _is_graphic(pixels: np.ndarray) -> bool:
    """pixels: int16 [H, W, 3]. Flat and dark is a night, not a drawing."""
    steps = np.abs(np.diff(pixels, axis=1)).max(axis=2)
    if steps.size == 0:
        return False
    flat = (steps <= _SAME) & (pixels[:, 1:].mean(axis=2) > _DARK)
    hard = (steps > _JUMP).sum() / max(1, int((steps > _SAME).sum()))
    white = (pixels.min(axis=2) > _WHITE).mean()
    return bool((flat.mean() >= _FLAT and hard >= _HARD) or white >= _PURE)


def _has_bars(pixels: np.ndarray) -> bool:
    dark = pixels.max(axis=2) < _DARK
    return any(_bars(dark.all(axis=axis)) for axis in (1, 0))


def _bars(lines: np.ndarray) -> bool:
    """lines: bool [L], which rows or columns are all dark. At both ends, and not from end to end."""
    width = max(1, round(_BAR * len(lines)))
    return bool(lines[:width].all() and lines[-width:].all() and not lines.all())
