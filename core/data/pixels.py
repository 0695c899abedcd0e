"""Opening pictures from outside safely, and turning them into the pixels an encoder reads.

A file's name proves nothing: only four formats are opened, by content, and a picture that is too
large to be one is refused before it is decoded (decompression bombs, Pillow's handbook).
"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps

from core.errors import RematchError

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif"})
# Pillow only warns up to twice its limit; here the warning is a refusal.
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)

#: What an encoder does to one RGB picture before its weights see it: resize, crop → uint8 [3, H, W].
Preprocess = Callable[[Image.Image], torch.Tensor]


class ImageError(RematchError):
    """A picture that cannot be used; the message is the reason, without a path."""


def open_image(source: Path | bytes) -> Image.Image:
    """Decode one picture to upright RGB.

    Transparent pixels become white, 16-bit grey is scaled, of an animation the first frame counts.
    Raises ImageError: not one of FORMATS, truncated, empty, or over Pillow's pixel limit (89 M).
    """
    try:
        with Image.open(BytesIO(source) if isinstance(source, bytes) else source, formats=FORMATS) as image:
            image.load()
            upright = ImageOps.exif_transpose(image)
            return _to_rgb(upright)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ImageError("more than 89 million pixels") from None
    except Image.UnidentifiedImageError:
        raise ImageError(f"not a {', '.join(FORMATS)} picture") from None
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise ImageError(f"cannot be decoded ({type(error).__name__})") from None


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16-bit grey: Pillow would clip it to white
        grey = np.asarray(image).astype(np.float32) / 257
        return Image.fromarray(grey.clip(0, 255).astype(np.uint8)).convert("RGB")
    if "A" in image.getbands() or "transparency" in image.info:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(white, rgba).convert("RGB")
    return image.convert("RGB")


def pixel_batches(paths: Sequence[Path], preprocess: Preprocess, batch_size: int) -> Iterator[torch.Tensor]:
    """Yield uint8 [b, 3, H, W] batches in order, decoded by two threads ahead of the encoder.

    Raises ImageError naming the file if one that was fine at import can no longer be read.
    """

    def load(path: Path) -> torch.Tensor:
        try:
            return preprocess(open_image(path))
        except ImageError as error:
            raise ImageError(f"{path}: {error}. It was readable at import; import the domain again.") from None

    starts = range(0, len(paths), batch_size)
    with ThreadPoolExecutor(max_workers=2) as pool:
        ahead = [pool.submit(load, path) for path in paths[:batch_size]]
        for start in starts:
            current = ahead
            following = paths[start + batch_size : start + 2 * batch_size]
            ahead = [pool.submit(load, path) for path in following]
            yield torch.stack([future.result() for future in current])
