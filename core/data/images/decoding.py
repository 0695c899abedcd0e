"""Safe decoding of untrusted images.

The content decides, not the file name: only the formats of `core.data.images.formats` are opened, and an implausibly
large image is refused before it is decoded (decompression bombs, Pillow's handbook).
"""

import logging
import warnings
from contextlib import nullcontext, suppress
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from core.data.images.formats import FORMATS, HEAD, IMAGES, RAW, SUFFIXES, USUAL_SUFFIX, format_of, named_format
from core.data.images.quiet import without_stderr
from core.errors import RematchError

__all__ = ["FORMATS", "JPEG_END", "MAX_PIXELS", "SUFFIXES", "ImageError", "may_be_image", "open_image", "suffix_of"]

MAX_PIXELS = 89_478_485  # Pillow warns from here and refuses twice as many
_TOO_LARGE = "more than 89 million pixels"
#: Pillow prints damaged metadata to the terminal; relevant problems become an ImageError here.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
warnings.filterwarnings("ignore", module=r"PIL\.")
logging.getLogger("PIL").addHandler(logging.NullHandler())

#: Chunks of a PNG that do not affect its pixels, and that Pillow refuses if they are long.
_PNG_TEXTS = (b"tEXt", b"zTXt", b"iTXt", b"iCCP")
_PNG_START = 8  # bytes
_REDUCED = 254  # the TIFF tag NewSubfileType; its first bit marks a preview, the first image of camera raw files
EXPORT = "export it as JPEG"  # the remedy for a refused format
JPEG_END = b"\xff\xd9"  # the end marker, missing in a truncated JPEG


class ImageError(RematchError):
    """An unusable image; the message is the reason, without a path."""


def open_image(source: Path | bytes) -> Image.Image:
    """Decode one image to upright RGB.

    Transparent pixels become white, 16-bit grey is scaled, and the first frame of an animation is used. Unreadable
    metadata is ignored. Raises ImageError: not one of FORMATS, truncated, empty, or over Pillow's pixel limit (89 M).
    """
    try:
        try:
            return _decode(BytesIO(source) if isinstance(source, bytes) else source)
        except ValueError as error:
            content = source if isinstance(source, bytes) else source.read_bytes()
            if "MAX_TEXT" not in str(error):
                raise
            return _decode(BytesIO(_without_texts(content)))
    except Image.DecompressionBombError:
        raise ImageError(_TOO_LARGE) from None
    except Image.UnidentifiedImageError:
        raise ImageError(_refusal(_head(source))) from None
    except ImageError:
        raise
    except MemoryError:
        raise ImageError("cannot be decoded (MemoryError: it needs more memory than is free)") from None
    except Exception as error:  # for damaged files Pillow's plugins raise any type: struct.error, KeyError, …
        raise ImageError(_damage(error, _head(source))) from None


def _decode(source: Path | BytesIO) -> Image.Image:
    with Image.open(source, formats=FORMATS) as image:
        if image.width * image.height > MAX_PIXELS:
            raise ImageError(_TOO_LARGE)
        if image.format == "TIFF" and int(getattr(image, "tag_v2", {}).get(_REDUCED, 0)) & 1:
            raise ImageError(f"is {RAW}, whose first image is a preview; {EXPORT}")
        with without_stderr() if image.format == "TIFF" else nullcontext():
            image.load()
        return upright_rgb(image)


def upright_rgb(image: Image.Image) -> Image.Image:
    """Return an image in memory as `open_image` does a file's: turned as its metadata says, without transparency."""
    return _to_rgb(_upright(image))


def _upright(image: Image.Image) -> Image.Image:
    """Return the image rotated according to its metadata; unchanged if that is unreadable."""
    with suppress(Exception):  # damaged metadata raises any type of error
        return ImageOps.exif_transpose(image)
    return image


def may_be_image(file: Path) -> bool:
    """Return True for a file with the extension of an image, or the content of one whatever its name.

    Refused formats count too, so that an import can report the reason.
    """
    return file.suffix.lower() in SUFFIXES or format_of(_head(file)) in IMAGES


def _head(source: Path | bytes) -> bytes:
    if isinstance(source, bytes):
        return source[:HEAD]
    try:
        with source.open("rb") as file:
            return file.read(HEAD)
    except OSError:
        return b""


def _refusal(head: bytes) -> str:
    """Return why no decoder accepts a file with these first bytes."""
    found, expected = format_of(head), f"not a {', '.join(FORMATS)} image"
    if named_format(head) is not None:
        return f"is {found}, {expected}; {EXPORT}"
    if found in FORMATS:
        return f"cannot be decoded (damaged {found})"
    if found in IMAGES:
        return f"is {found}, {expected}; export it as JPEG"
    return f"is {found}, {expected}" if found else f"{expected}{'' if head else ' (the file is empty)'}"


def _damage(error: Exception, head: bytes) -> str:
    found = format_of(head)
    if isinstance(error, OSError) and "truncated" in str(error):
        return f"cannot be decoded (truncated {found})"
    return f"cannot be decoded ({type(error).__name__}{f', {found}' if found else ''})"


def _without_texts(png: bytes) -> bytes:
    """Return a PNG without its texts and colour profile. A chunk is length, type, content and checksum."""
    parts, start = [png[:_PNG_START]], _PNG_START
    while start < len(png):
        end = start + 12 + int.from_bytes(png[start : start + 4], "big")
        if png[start + 4 : start + 8] not in _PNG_TEXTS:
            parts.append(png[start:end])
        start = end
    return b"".join(parts)


def suffix_of(content: bytes) -> str:
    """Return the usual file extension for the content of an image that `open_image` accepts."""
    return USUAL_SUFFIX[str(format_of(content[:HEAD]))]


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16-bit grey: Pillow would clip it to white
        grey = np.asarray(image).astype(np.float32) / 257
        return Image.fromarray(grey.clip(0, 255).astype(np.uint8)).convert("RGB")
    if "A" in image.getbands() or "transparency" in image.info:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(white, rgba).convert("RGB")
    return image.convert("RGB")
