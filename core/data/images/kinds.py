"""Kinds of images (graphic, letterboxed, upright photo, photo), by three simple measures of the pixels.

Flat areas with hard edges, or much pure white, make a graphic (screenshot, chart, poster, quotation card); black bars
on two opposite sides a letterboxed image, such as a video thumbnail; a shape higher than wide an upright photo. All
others are photos. Checked by eye on 100 images of tweets and news: 9 of 11 detected graphics were graphics, and 9 of 14
graphics were detected; those missed are posters and maps without flat areas. In three collections 33 of all 44 images
detected as letterboxed were; the others have a black background.
"""

from typing import Literal, get_args

import numpy as np
from PIL import Image

ImageKind = Literal["graphic", "letterboxed", "upright photo", "photo"]
IMAGE_KINDS: tuple[ImageKind, ...] = get_args(ImageKind)

_SIDE = 256  # pixels of the longer side for all measures, so that scaling blurs all images alike
_DARK, _WHITE = 40, 245
_SAME, _JUMP = 2, 60  # difference of neighbouring pixels, of 255: at most, flat; at least, a hard edge
#: Least shares: flat and not dark, of all neighbours; hard edges, of the others; white, of all pixels.
_FLAT, _HARD, _PURE = 0.3, 0.085, 0.3
_BAR, _UNEQUAL = 0.05, 0.03  # of the side: least width of a bar, and largest difference of the two bars
_UPRIGHT = 1.1  # height by width


def kind_of(image: Image.Image) -> ImageKind:
    """Return the kind of an upright RGB image (`core.data.images.decoding.open_image`)."""
    small = image.copy()
    small.thumbnail((_SIDE, _SIDE), reducing_gap=2.0)
    pixels = np.asarray(small, dtype=np.int16)
    if _is_graphic(pixels):
        return "graphic"
    if _has_bars(pixels):
        return "letterboxed"
    return "upright photo" if image.height >= _UPRIGHT * image.width else "photo"


def _is_graphic(pixels: np.ndarray) -> bool:
    """Return whether pixels, int16 [H, W, 3], show a graphic. Flat dark areas do not count: they are night skies."""
    steps = np.abs(np.diff(pixels, axis=1)).max(axis=2)
    if steps.size == 0:
        return False
    flat = (steps <= _SAME) & (pixels[:, 1:].mean(axis=2) > _DARK)
    hard = (steps > _JUMP).sum() / max(1, int((steps > _SAME).sum()))
    white = (pixels.min(axis=2) > _WHITE).mean()
    return bool((flat.mean() >= _FLAT and hard >= _HARD) or white >= _PURE)


def _has_bars(pixels: np.ndarray) -> bool:
    """Return whether two opposite sides have bars. Bars on all four sides are the background of a cut-out."""
    dark = pixels.max(axis=2) < _DARK
    return _bars(dark.all(axis=1)) != _bars(dark.all(axis=0))


def _bars(lines: np.ndarray) -> bool:
    """Return whether both ends have bars of similar width. lines: bool [L], which rows or columns are all dark."""
    if lines.all():
        return False
    first, last = int(np.argmin(lines)), int(np.argmin(lines[::-1]))
    return min(first, last) >= _BAR * len(lines) and abs(first - last) <= _UNEQUAL * len(lines)
