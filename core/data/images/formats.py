"""Image formats, recognised by the first bytes of a file: accepted formats, and names of refused ones.

Accepted: formats that cameras, browsers and newsrooms use and that Pillow's wheels decode. Refused on purpose: HEIC
(its decoder is a plug-in whose codec has another licence), JPEG 2000 and JPEG XL (large decoders for formats that
browsers do not show), PSD, FITS and EPS (decoders with a record of memory errors or that run programs), SVG (a
program, not pixels), camera raw files (they need a decoder for each camera).
"""

import re

#: Accepted formats under Pillow's names. JPEG includes MPO, several JPEGs in one file.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "BMP", "TIFF")
#: File extensions of those formats. The content decides, not the extension.
SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".avif", ".bmp", ".dib", ".tif", ".tiff"}
)
#: File extensions of refused formats.
REFUSED_SUFFIXES = frozenset({".heic", ".heif", ".jp2", ".j2k", ".jxl", ".psd", ".svg", ".ico"})
USUAL_SUFFIX = {
    "JPEG": ".jpg", "MPO": ".jpg", "PNG": ".png", "WEBP": ".webp", "GIF": ".gif", "AVIF": ".avif", "BMP": ".bmp",
    "TIFF": ".tif",
}  # fmt: skip
RAW = "a camera's raw file"
#: Refused formats, which any image program can export as JPEG.
REFUSED = frozenset(
    {
        "HEIC",
        "JPEG 2000",
        "JPEG XL",
        "JPEG XR",
        "BigTIFF",
        "PSD",
        "XCF",
        "SVG",
        "ICO",
        "ICNS",
        "QOI",
        "DDS",
        "EPS",
        "FITS",
        "OpenEXR",
        "Radiance HDR",
        RAW,
    }
)
#: Formats that an import lists as images; refused ones are listed to report the reason.
IMAGES = frozenset({*FORMATS, *REFUSED})
HEAD = 512  # bytes that `format_of` needs
_BMP_HEADERS = {12, 40, 52, 56, 64, 108, 124}  # bytes
_HEIC = re.compile(rb"hei[cmsx]|hev[cmsx]|mif1|msf1")
_STARTS = (
    (b"\xff\xd8\xff", "JPEG"), (b"\x89PNG\r\n\x1a\n", "PNG"), (b"GIF87a", "GIF"), (b"GIF89a", "GIF"),
    (b"II*\0", "TIFF"), (b"MM\0*", "TIFF"), (b"II+\0", "BigTIFF"), (b"MM\0+", "BigTIFF"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"), (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"), (b"\xff\x0a", "JPEG XL"),
    (b"8BPS", "PSD"), (b"%!PS", "EPS"), (b"\xc5\xd0\xd3\xc6", "EPS"), (b"%PDF", "PDF"), (b"SIMPLE  =", "FITS"),
    (b"\0\0\1\0", "ICO"), (b"icns", "ICNS"), (b"qoif", "QOI"), (b"DDS ", "DDS"), (b"gimp xcf", "XCF"),
    (b"II\xbc\1", "JPEG XR"), (b"v/1\1", "OpenEXR"), (b"#?RADIANCE", "Radiance HDR"),
    (b"FUJIFILMCCD-RAW", RAW), (b"IIRO", RAW), (b"IIRS", RAW), (b"MMOR", RAW), (b"IIU\0", RAW), (b"FOVb", RAW),
)  # fmt: skip


def format_of(head: bytes) -> str | None:
    """Return the format of an image (or HTML, SVG, PDF, often found in place of an image); None for others."""
    known = next((name for start, name in _STARTS if head.startswith(start)), None)
    if known is not None:
        return RAW if known == "TIFF" and head[8:11] == b"CR\2" else known
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[:2] == b"BM" and head[6:10] == bytes(4) and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
        return "BMP"
    if head[4:8] == b"ftyp":
        brands = head[8 : int.from_bytes(head[:4], "big")]
        if brands.startswith(b"crx "):  # Canon's CR3
            return RAW
        return "AVIF" if b"avif" in brands or b"avis" in brands else "HEIC" if _HEIC.search(brands) else "a video"
    start = head[:HEAD].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<svg", b"<?xml")) and b"<svg" in start:
        return "SVG"
    return "HTML" if start.startswith((b"<html", b"<!doctype html")) else None


def named_format(head: bytes) -> str | None:
    """Return the image format of a file with these first bytes if it is refused; None for any other format."""
    found = format_of(head)
    return found if found in REFUSED else None
