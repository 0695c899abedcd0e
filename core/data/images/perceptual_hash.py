"""What an image looks like in 64 bits: alike for copies in another size, compression or crop of a few pixels.

The perceptual hash (phash of imagehash): the signs of the lowest frequencies of the image in grey. How many bits
two hashes differ in says how much two images do.
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

FORMAT = 1  # counts up when what is kept changes for the same key


def image_hashes(files: Sequence[Path], hashes: Sequence[str], cache: Path) -> np.ndarray:
    """The perceptual hash of each image, uint64 [G], from the cache or made now.

    hashes: of the files' contents, the key. Raises ImageError naming a file that was fine at import and is no more.
    """
    key = fingerprint(FORMAT, imagehash.__version__, PIL.__version__, list(hashes))
    file = cache / "picture-hashes" / f"{key}.npy"
    kept = read_checksummed_array(file, len(files))
    if kept is not None:
        return np.array(kept)
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:  # Pillow lets go of Python's lock while it decodes
        made = np.array(list(progress(pool.map(_hash, files), "Hashing images", len(files))), dtype=np.uint64)
    with checksummed_write(file) as temporary:
        save_array(temporary, made)
    return made


def _hash(path: Path) -> int:
    try:
        picture = open_image(path)
    except ImageError as error:
        raise ImageError(f"{path}: {error}. It was readable at import; import the domain again.") from None
    return int(str(imagehash.phash(picture)), 16)
