"""Opening pictures from outside safely.

A file's name proves nothing: only four formats are opened, by content, and a picture that is too
large to be one is refused before it is decoded (decompression bombs, Pillow's handbook).
"""

import warnings
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from core.errors import RematchError

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif"})
_USUAL = {"JPEG": ".jpg", "MPO": ".jpg", "PNG": ".png", "WEBP": ".webp", "GIF": ".gif"}  # MPO: JPEGs one after another
MAX_PIXELS = 89_478_485  # where Pillow begins to warn; it refuses only twice as many
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)  # refused below
_TOO_LARGE = "more than 89 million pixels"


class ImageError(RematchError):
    """A picture that cannot be used; the message is the reason, without a path."""


def open_image(source: Path | bytes) -> Image.Image:
    """Decode one picture to upright RGB.

    Transparent pixels become white, 16-bit grey is scaled, of an animation the first frame counts.
    Raises ImageError: not one of FORMATS, truncated, empty, or over Pillow's pixel limit (89 M).
    """
    try:
        with Image.open(BytesIO(source) if isinstance(source, bytes) else source, formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise ImageError(_TOO_LARGE)
            image.load()
            upright = ImageOps.exif_transpose(image)
            return _to_rgb(upright)
    except Image.DecompressionBombError:
        raise ImageError(_TOO_LARGE) from None
    except Image.UnidentifiedImageError:
        raise ImageError(f"not a {', '.join(FORMATS)} picture") from None
    except ImageError:
        raise
    except Exception as error:  # damaged files raise what Pillow's plugins happen to meet: struct.error, KeyError, …
        raise ImageError(f"cannot be decoded ({type(error).__name__})") from None


def suffix_of(content: bytes) -> str:
    """The usual ending of a picture that `open_image` has opened, by its content."""
    with Image.open(BytesIO(content), formats=FORMATS) as image:
        return _USUAL[str(image.format)]


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16-bit grey: Pillow would clip it to white
        grey = np.asarray(image).astype(np.float32) / 257
        return Image.fromarray(grey.clip(0, 255).astype(np.uint8)).convert("RGB")
    if "A" in image.getbands() or "transparency" in image.info:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(white, rgba).convert("RGB")
    return image.convert("RGB")
