"""Images that a source holds inside (shards, Parquet) as files of their own, within limits of size."""

import hashlib
import re
from pathlib import Path, PurePosixPath

from core.data.images.decoding import JPEG_END
from core.data.images.formats import HEAD, USUAL_SUFFIX, format_of
from core.errors import InputError
from core.storage.disk_errors import disk_errors_for
from core.storage.files import atomic_write

_NO_NAME = re.compile(r"[^\w.+=@#,-]+")  # letters of any language and a few signs stay
_LONGEST = 120  # characters of a part of a name
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


MAX_IMAGE = 64 * 1024**2  # bytes; the largest press photo of three collections has 3 MB
MAX_TOTAL = 64 * 1024**3  # bytes of all images of a source


class ImageStore:
    """Writes images below a folder and remembers their names. One content under one name is written once.

    truncated: whether JPEGs that were cut off get an end.
    """

    def __init__(self, folder: Path, truncated: bool = False) -> None:
        self.folder = folder
        self.truncated = truncated
        with disk_errors_for(folder):
            folder.mkdir(parents=True, exist_ok=True)
        self.too_large = 0  # images left out since they are over the limit
        self._written = 0
        self._contents: dict[str, bytes] = {}  # name in lower case → digest of its content

    def add(self, name: str, content: bytes) -> str:
        """Write an image and return its path below the folder; one that is too large is counted, and not written.

        name: what the source calls it; it is made safe, gets the ending of its content, and a number where another
        image has the name. Raises InputError over the limit of all images, DiskError.
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
                f"the images inside have more than {MAX_TOTAL // 1024**3:,} GB; import the source in parts."
            )
        with atomic_write(self.folder / path) as temporary:
            temporary.write_bytes(content)

    def notes(self) -> list[str]:
        """Sentences about what was not written."""
        if not self.too_large:
            return []
        return [f"images: {self.too_large} have more than {MAX_IMAGE // 1024**2} MB and were not read."]


def safe_path(name: str) -> PurePosixPath:
    """Return a name from outside as a relative path that leads nowhere else and that every system takes."""
    parts = [_safe_part(part) for part in name.replace("\\", "/").split("/") if part.strip(". ")]
    return PurePosixPath(*parts) if parts else PurePosixPath("image")


def _safe_part(part: str) -> str:
    path = PurePosixPath(_NO_NAME.sub("_", part).lstrip("."))
    suffix = path.suffix if len(path.suffix) <= 6 else ""
    stem = path.name.removesuffix(suffix)[:_LONGEST].rstrip(". ") or "image"
    return f"_{stem}{suffix}" if _DEVICE.match(stem) else f"{stem}{suffix}"
