"""Small copies of images for lists and galleries, made once and kept in the cache under the image's own hash."""

import logging
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps

from core.data.images.decoding import open_image
from core.storage.cache import read_checksummed, write_checksummed
from core.storage.disk_errors import DiskError

#: Width and height in pixels. A tile of a gallery is cut to one shape, so that rows are even; a large one is whole.
SMALL, LARGE = (320, 240), (1080, 1080)
QUALITY = 82

_log = logging.getLogger("rematch")


def thumbnail(picture: Path, image_hash: str, size: tuple[int, int], cache: Path) -> bytes:
    """The image as JPEG of the size SMALL, or whole within LARGE; from the cache, or made now.

    image_hash: of the file's content, the key. Raises ImageError or OSError for an image that cannot be read.
    """
    kept = cache / "thumbnails" / f"{image_hash}-{size[0]}.jpg"
    data = read_checksummed(kept)
    if data is None:
        data = _encoded(open_image(picture), size)
        try:
            write_checksummed(kept, data)
        except DiskError as error:  # it is made again the next time
            _log.warning("%s", error)
    return data


def _encoded(image: Image.Image, size: tuple[int, int]) -> bytes:
    if size == SMALL:
        image.thumbnail((2 * size[0], 2 * size[0]), Image.Resampling.BILINEAR, reducing_gap=2.0)  # most of it, quickly
        # A little above the middle: where a press photo has its faces.
        image = ImageOps.fit(image, size, Image.Resampling.BICUBIC, centering=(0.5, 0.4))
    else:
        image.thumbnail(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
    out = BytesIO()
    image.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()
