"""Perceptual hashes of images, 64 bits: similar for copies in another size, compression or slightly different crop.

The hash (phash of imagehash) is the signs of the lowest frequencies of the grey image. The number of bits in which two
hashes differ measures how different the images look.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import imagehash
import numpy as np
import PIL

from core.data.images.decoding import ImageError, open_image
from core.progress import progress
from core.storage.cache import checksummed_write, read_checksummed_array
from core.storage.files import fingerprint, save_array

FORMAT = 1  # increase it when the cached hashes change for the same key


def image_hashes(files: Sequence[Path], hashes: Sequence[str], cache: Path) -> np.ndarray:
    """Return the perceptual hash of each image, uint64 [G], from the cache or computed.

    hashes: of the files' contents, the cache key. Raises ImageError naming a file that became unreadable after the
    import.
    """
    key = fingerprint(FORMAT, imagehash.__version__, PIL.__version__, list(hashes))
    file = cache / "picture-hashes" / f"{key}.npy"
    cached = read_checksummed_array(file, len(files))
    if cached is not None:
        return np.array(cached)
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:  # Pillow releases Python's lock while it decodes
        computed = np.array(list(progress(pool.map(_hash, files), "Hashing images", len(files))), dtype=np.uint64)
    with checksummed_write(file) as temporary:
        save_array(temporary, computed)
    return computed


def _hash(path: Path) -> int:
    try:
        image = open_image(path)
    except ImageError as error:
        raise ImageError(f"{path}: {error}. It was readable at import; import the domain again.") from None
    return int(str(imagehash.phash(image)), 16)
