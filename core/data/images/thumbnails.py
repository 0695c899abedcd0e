"""Thumbnails for lists and galleries, created once and cached under the image's hash."""

import logging
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps

from core.data.images.decoding import open_image
from core.storage.cache import read_checksummed, write_checksummed
from core.storage.disk_errors import DiskError

#: Width and height in pixels. Small thumbnails are cropped to one shape, so that rows align; large ones are whole.
SMALL, LARGE = (320, 240), (1080, 1080)
QUALITY = 82

_log = logging.getLogger("rematch")


def thumbnail(image_file: Path, image_hash: str, size: tuple[int, int], cache: Path) -> bytes:
    """Return the image as JPEG of the size SMALL, or whole within LARGE; from the cache or created.

    image_hash: of the file's content, the cache key. Raises ImageError or OSError for an unreadable image.
    """
    cached = cache / "thumbnails" / f"{image_hash}-{size[0]}.jpg"
    data = read_checksummed(cached)
    if data is None:
        data = _encoded(open_image(image_file), size)
        try:
            write_checksummed(cached, data)
        except DiskError as error:  # it is created again next time
            _log.warning("%s", error)
    return data


def _encoded(image: Image.Image, size: tuple[int, int]) -> bytes:
    if size == SMALL:
        image.thumbnail((2 * size[0], 2 * size[0]), Image.Resampling.BILINEAR, reducing_gap=2.0)  # fast first step
        # Slightly above the middle: where faces are in press photos.
        image = ImageOps.fit(image, size, Image.Resampling.BICUBIC, centering=(0.5, 0.4))
    else:
        image.thumbnail(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
    out = BytesIO()
    image.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()
