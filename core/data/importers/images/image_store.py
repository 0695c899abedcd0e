"""Storage for images contained in a source (shards, Parquet): writes them as files, within size limits."""

import hashlib
import re
from pathlib import Path, PurePosixPath

from core.data.images.decoding import JPEG_END
from core.data.images.formats import HEAD, USUAL_SUFFIX, format_of
from core.errors import InputError
from core.storage.disk_errors import disk_errors_for
from core.storage.files import atomic_write

_NO_NAME = re.compile(r"[^\w.+=@#,-]+")  # letters of any language and a few signs are allowed
_LONGEST = 120  # characters of a part of a name
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


MAX_IMAGE = 64 * 1024**2  # bytes; the largest press photo of three collections has 3 MB
MAX_TOTAL = 64 * 1024**3  # bytes of all images of a source


class ImageStore:
    """Writer of images into a folder. The same content under the same name is written once.

    truncated: whether to add the missing end to truncated JPEGs.
    """

    def __init__(self, folder: Path, truncated: bool = False) -> None:
        self.folder = folder
        self.truncated = truncated
        with disk_errors_for(folder):
            folder.mkdir(parents=True, exist_ok=True)
        self.too_large = 0  # images left out because they exceed the limit
        self._written = 0
        self._contents: dict[str, bytes] = {}  # name in lower case → digest of its content

    def add(self, name: str, content: bytes) -> str:
        """Write an image and return its path in the folder; an image that is too large is only counted.

        name: in the source; the file's name is a safe version of it, with the extension of its content, and a number
        if another image has the same name. Raises InputError over the total limit, DiskError.
        """
        path = safe_path(name)
        suffix = USUAL_SUFFIX.get(format_of(content[:HEAD]) or "", path.suffix)
        path = path.with_name(path.name.removesuffix(path.suffix) + suffix)
        if len(content) > MAX_IMAGE:
            self.too_large += 1
            return str(path)
        if self.truncated and suffix == USUAL_SUFFIX["JPEG"] and not content.endswith(JPEG_END):
            content += JPEG_END
        digest, number = hashlib.blake2b(content, digest_size=16).digest(), 1
        candidate = path
        while self._contents.get(str(candidate).lower(), digest) != digest:
            number += 1
            candidate = path.with_name(f"{path.name.removesuffix(suffix)}-{number}{suffix}")
        if str(candidate).lower() not in self._contents:
            self._write(candidate, content)
            self._contents[str(candidate).lower()] = digest
        return str(candidate)

    def _write(self, path: PurePosixPath, content: bytes) -> None:
        self._written += len(content)
        if self._written > MAX_TOTAL:
            raise InputError(
                f"the images in the source exceed the limit of {MAX_TOTAL // 1024**3:,} GB; import it in parts."
            )
        with atomic_write(self.folder / path) as temporary:
            temporary.write_bytes(content)

    def notes(self) -> list[str]:
        """Return a sentence about images that were too large, if any."""
        if not self.too_large:
            return []
        return [f"images: {self.too_large} were not read, because they exceed {MAX_IMAGE // 1024**2} MB."]


def safe_path(name: str) -> PurePosixPath:
    """Return an untrusted name as a relative path without `..`, valid on every system."""
    parts = [_safe_part(part) for part in name.replace("\\", "/").split("/") if part.strip(". ")]
    return PurePosixPath(*parts) if parts else PurePosixPath("image")


def _safe_part(part: str) -> str:
    path = PurePosixPath(_NO_NAME.sub("_", part).lstrip("."))
    suffix = path.suffix if len(path.suffix) <= 6 else ""
    stem = path.name.removesuffix(suffix)[:_LONGEST].rstrip(". ") or "image"
    return f"_{stem}{suffix}" if _DEVICE.match(stem) else f"{stem}{suffix}"
