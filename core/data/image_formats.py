"""Image formats by the first bytes of a file: which are opened, and the name of those that are refused.

Opened are what cameras, browsers and newsrooms use and Pillow's own wheels decode. Refused on purpose: HEIC (its
decoder is a plug-in with a codec of its own licence), JPEG 2000 and JPEG XL (large decoders for formats that browsers
do not show), PSD, FITS and EPS (decoders with a record of memory faults or that run programs), SVG (a program, not
pixels).
"""

import re

#: Pillow's names. MPO, several JPEGs in one file, comes with JPEG.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "BMP", "TIFF")
#: Endings of those formats. What a file is, its content says.
SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".avif", ".bmp", ".dib", ".tif", ".tiff"}
)
#: Endings of image formats that are refused by name.
REFUSED_SUFFIXES = frozenset({".heic", ".heif", ".jp2", ".j2k", ".jxl", ".psd", ".svg", ".ico"})
USUAL_SUFFIX = {
    "JPEG": ".jpg", "MPO": ".jpg", "PNG": ".png", "WEBP": ".webp", "GIF": ".gif", "AVIF": ".avif", "BMP": ".bmp",
    "TIFF": ".tif",
}  # fmt: skip
#: Those, and the others whose files an import lists to say why they are refused.
IMAGES = frozenset({*FORMATS, "HEIC", "JPEG 2000", "JPEG XL", "BigTIFF", "PSD", "SVG", "ICO", "QOI", "DDS"})
HEAD = 512  # bytes that `format_of` looks at
_BMP_HEADERS = {12, 40, 52, 56, 64, 108, 124}  # bytes
_HEIC = re.compile(rb"hei[cmsx]|hev[cmsx]|mif1|msf1")
_STARTS = (
    (b"\xff\xd8\xff", "JPEG"), (b"\x89PNG\r\n\x1a\n", "PNG"), (b"GIF87a", "GIF"), (b"GIF89a", "GIF"),
    (b"II*\0", "TIFF"), (b"MM\0*", "TIFF"), (b"II+\0", "BigTIFF"), (b"MM\0+", "BigTIFF"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"), (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"), (b"\xff\x0a", "JPEG XL"),
    (b"8BPS", "PSD"), (b"%!PS", "EPS"), (b"\xc5\xd0\xd3\xc6", "EPS"), (b"%PDF", "PDF"), (b"SIMPLE  =", "FITS"),
    (b"\0\0\1\0", "ICO"), (b"icns", "ICNS"), (b"qoif", "QOI"), (b"DDS ", "DDS"),
)  # fmt: skip


def format_of(head: bytes) -> str | None:
    """Return the name of an image format (or of HTML, SVG, PDF, which often stand in for one); None for others."""
    known = next((name for start, name in _STARTS if head.startswith(start)), None)
    if known is not None:
        return known
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[:2] == b"BM" and head[6:10] == bytes(4) and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
        return "BMP"
    if head[4:8] == b"ftyp":
        brands = head[8 : int.from_bytes(head[:4], "big")]
        return "AVIF" if b"avif" in brands or b"avis" in brands else "HEIC" if _HEIC.search(brands) else "a video"
    start = head[:HEAD].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<svg", b"<?xml")) and b"<svg" in start:
        return "SVG"
    return "HTML" if start.startswith((b"<html", b"<!doctype html")) else None


def is_image(head: bytes) -> bool:
    """Return True if a file that begins so is of one of FORMATS."""
    return format_of(head) in FORMATS
