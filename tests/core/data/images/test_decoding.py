"""Images from outside: decoded as they look, or refused."""

import struct
import tracemalloc
import zlib
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from core.data.images import decoding
from core.data.images.decoding import FORMATS, JPEG_END, MAX_PIXELS, ImageError, may_be_image, open_image, suffix_of
from core.data.images.formats import HEAD, named_format


def saved(image: Image.Image, format_: str, **options: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, format_, **options)
    return buffer.getvalue()


def plain(colour: object = (200, 30, 60), mode: str = "RGB", size: tuple[int, int] = (8, 6)) -> Image.Image:
    return Image.new(mode, size, colour)


def close_to(image: Image.Image, colour: tuple[int, int, int], within: int = 6) -> bool:
    assert image.mode == "RGB"
    return bool((np.abs(np.asarray(image).astype(int) - colour) <= within).all())


@pytest.mark.parametrize("format_", FORMATS)
def test_each_format_is_read_from_bytes_and_files(tmp_path, format_):
    data = saved(plain(), format_)
    (tmp_path / "picture.jpg").write_bytes(data)
    for source in (data, tmp_path / "picture.jpg"):
        assert close_to(open_image(source), (200, 30, 60))


@pytest.mark.parametrize("format_", ["PPM", "ICO", "TGA", "EPS", "PDF", "JPEG2000"])
def test_other_formats_are_refused_whatever_their_name(tmp_path, format_):
    (tmp_path / "picture.jpg").write_bytes(saved(plain(size=(16, 16)), format_))
    with pytest.raises(ImageError, match="JPEG, PNG, WEBP, GIF, AVIF, BMP, TIFF"):
        open_image(tmp_path / "picture.jpg")


@pytest.mark.parametrize("data", [b"", b"\x89PNG", b"GIF89a", b"<html>404</html>", b"\xff\xd8\xff"])
def test_what_is_no_image_is_refused(tmp_path, data):
    (tmp_path / "picture.png").write_bytes(data)
    for source in (data, tmp_path / "picture.png"):
        with pytest.raises(ImageError):
            open_image(source)


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP"])
def test_a_truncated_image_is_refused(format_):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    data = saved(Image.fromarray(noise), format_)
    with pytest.raises(ImageError, match=r"decoded|JPEG"):
        open_image(data[: len(data) // 2])


def test_transparent_pixels_become_white():
    image = plain((255, 0, 0, 0), "RGBA")
    image.putpixel((0, 0), (255, 0, 0, 255))
    opened = open_image(saved(image, "PNG"))
    assert opened.getpixel((0, 0)) == (255, 0, 0)
    assert opened.getpixel((5, 5)) == (255, 255, 255)


def test_half_transparent_is_half_white():
    assert close_to(open_image(saved(plain((0, 0, 0, 128), "RGBA"), "PNG")), (127, 127, 127), 1)


def test_a_transparent_colour_of_a_palette_becomes_white():
    image = plain(0, "P")
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putpixel((0, 0), 1)
    opened = open_image(saved(image, "PNG", transparency=0))
    assert opened.getpixel((0, 0)) == (200, 100, 50)
    assert opened.getpixel((3, 3)) == (255, 255, 255)


def test_grey_with_alpha_becomes_white_where_it_is_clear():
    assert close_to(open_image(saved(plain((40, 0), "LA"), "PNG")), (255, 255, 255), 0)


@pytest.mark.parametrize(("value", "expected"), [(0, 0), (257 * 100, 100), (65535, 255)])
def test_sixteen_bit_grey_is_scaled(value, expected):
    image = Image.fromarray(np.full((6, 8), value, dtype=np.uint16))
    assert close_to(open_image(saved(image, "PNG")), (expected,) * 3, 0)


def test_cmyk_becomes_rgb():
    assert close_to(open_image(saved(plain((0, 255, 255, 0), "CMYK"), "JPEG", quality=95)), (255, 0, 0), 12)


@pytest.mark.parametrize("mode", ["1", "L"])
def test_grey_becomes_rgb(mode):
    assert close_to(open_image(saved(plain(255, mode), "PNG")), (255, 255, 255), 0)


def test_a_rotated_photo_stands_upright():
    image = plain((255, 255, 255), size=(40, 20))
    image.paste((200, 0, 0), (0, 0, 20, 20))
    exif = Image.Exif()
    exif[0x0112] = 6  # turn a quarter clockwise to view
    opened = open_image(saved(image, "JPEG", exif=exif, quality=95))
    assert opened.size == (20, 40)
    red, white = opened.getpixel((10, 5)), opened.getpixel((10, 35))
    assert red[1] < 60
    assert white[1] > 200


def test_of_an_animation_the_first_frame_counts():
    frames = [plain(colour) for colour in ((255, 0, 0), (0, 255, 0), (0, 0, 255))]
    data = saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=50)
    assert close_to(open_image(data), (255, 0, 0), 2)


def png(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds a hundred bytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


def claiming(format_: str, width: int, height: int) -> bytes:
    """An image of 8 × 6 pixels whose header claims another size."""
    if format_ == "PNG":
        return png(width, height)
    data = bytearray(saved(plain(), format_, lossless=True) if format_ == "WEBP" else saved(plain(), format_))
    if format_ == "JPEG":
        place = data.index(b"\xff\xc0") + 5
        data[place : place + 4] = struct.pack(">HH", height, width)
    elif format_ == "GIF":
        data[6:10] = struct.pack("<HH", width, height)
    return bytes(data)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(
    ("format_", "width", "height"),
    # One pixel over the limit, a hundred megapixels, over Pillow's warning, and over its error.
    [("PNG", MAX_PIXELS + 1, 1), ("PNG", 10_000, 10_000), ("PNG", 30_000, 30_000), ("PNG", 2**31 - 1, 2**31 - 1),
     ("JPEG", 10_000, 10_000), ("JPEG", 65_500, 65_500), ("GIF", 10_000, 10_000), ("GIF", 65_535, 65_535)],
)  # fmt: skip
def test_a_bomb_is_refused_by_its_header(format_, width, height):
    bomb = claiming(format_, width, height)
    tracemalloc.start()
    with pytest.raises(ImageError, match="89 million"):
        open_image(bomb)
    assert tracemalloc.get_traced_memory()[1] < 2**24
    tracemalloc.stop()


def test_an_image_at_the_limit_is_looked_into():
    with pytest.raises(ImageError, match="decoded"):
        open_image(png(MAX_PIXELS, 1))


HEADS = {
    "FITS": b"SIMPLE  =                    T / FITS".ljust(2880), "PSD": b"8BPS\0\1" + bytes(400),
    "EPS": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "BigTIFF": b"II+\0\x08\0\0\0" + bytes(200),
    "SVG": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><image href="http://x.org/a.png"/></svg>',
    "HEIC": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200), "JPEG XL": b"\xff\x0a" + bytes(90),
    "JPEG 2000": b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(90),
    "HTML": b"<html><script>alert(1)</script>", "PDF": b"%PDF-1.7\n",
    "MZ": b"MZ" + bytes(99),
    "ICNS": b"icns" + bytes(99),
    "QOI": b"qoif" + bytes(99), "DDS": b"DDS " + bytes(200), "WMF": b"\xd7\xcd\xc6\x9a" + bytes(99), "TAR": bytes(600),
}  # fmt: skip


@pytest.mark.parametrize("name", HEADS)
def test_no_other_reader_of_pillows_sees_a_file(tmp_path, name, monkeypatch):
    Image.init()
    for format_ in set(Image.OPEN) - set(FORMATS):

        def never(*_: object, format_: str = format_) -> None:
            raise AssertionError(f"{format_} was asked to read an image")

        monkeypatch.setitem(Image.OPEN, format_, (never, None))
    (tmp_path / "picture.jpg").write_bytes(HEADS[name])
    for source in (HEADS[name], tmp_path / "picture.jpg"):
        with pytest.raises(ImageError, match="JPEG, PNG, WEBP, GIF, AVIF, BMP, TIFF"):
            open_image(source)


def test_an_animation_in_webp_is_its_first_frame():
    frames = [plain(colour) for colour in ((255, 0, 0), (0, 255, 0))]
    data = saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    assert close_to(open_image(data), (255, 0, 0), 2)


def test_several_photos_in_one_jpeg_are_the_first():
    """As telephones write them; Pillow calls the format MPO."""
    data = saved(plain(), "MPO", save_all=True, append_images=[plain((0, 0, 255))])
    with Image.open(BytesIO(data)) as opened:
        assert opened.format == "MPO"
    assert close_to(open_image(data), (200, 30, 60))
    assert suffix_of(data) == ".jpg"


@pytest.mark.parametrize(
    "error",
    [struct.error("unpack"), KeyError(1), IndexError(), TypeError(), zlib.error(), OverflowError(), MemoryError()],
)
def test_whatever_pillow_meets_in_a_damaged_file_is_a_reason(monkeypatch, error):
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(decoding, "_to_rgb", fail)
    with pytest.raises(ImageError, match=rf"\b{type(error).__name__}"):
        open_image(saved(plain(), "PNG"))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_an_image_with_other_bytes_is_read_or_refused(data):
    format_ = data.draw(st.sampled_from(FORMATS))
    exif = Image.Exif()
    exif[0x0112] = 6
    options = {} if format_ in ("GIF", "BMP") else {"exif": exif}
    whole = bytearray(saved(plain(size=(16, 12)), format_, **options))
    for place, byte in data.draw(st.lists(st.tuples(st.integers(0, len(whole) - 1), st.integers(0, 255)), max_size=8)):
        whole[place] = byte
    try:
        opened = open_image(bytes(whole[: data.draw(st.integers(0, len(whole)))]))
    except ImageError:
        return
    assert opened.mode == "RGB"


@pytest.mark.parametrize(
    ("name", "found"), [("HEIC", "HEIC"), ("JPEG 2000", "JPEG 2000"), ("SVG", "SVG"), ("HTML", "HTML"),
                        ("PSD", "PSD"), ("JPEG XL", "JPEG XL"), ("MZ", "")]
)  # fmt: skip
def test_the_reason_names_the_format(name, found):
    with pytest.raises(ImageError) as error:
        open_image(HEADS[name])
    before, _, accepted = str(error.value).partition("JPEG, PNG")
    assert found in before
    assert "TIFF" in accepted


RAW_HEADS = {
    "CR2": b"II*\0\x10\0\0\0CR\2\0" + bytes(90), "CR3": b"\0\0\0\x18ftypcrx \0\0\0\1crx isom" + bytes(90),
    "RAF": b"FUJIFILMCCD-RAW 0201" + bytes(90),
    "RW2": b"IIU\0\x18\0\0\0" + bytes(90), "ORF": b"IIRO\x08\0\0\0" + bytes(90),
}  # fmt: skip


@pytest.mark.parametrize("name", ["HEIC", "JPEG 2000", "JPEG XL", "PSD", "SVG", "BigTIFF", "EPS", "FITS", *RAW_HEADS])
def test_what_is_refused_is_listed_named_and_told_how_to_be_exported(tmp_path, name):
    head = (HEADS | RAW_HEADS)[name]
    expected = "a camera's raw file" if name in RAW_HEADS else name
    assert named_format(head[:HEAD]) == expected
    (tmp_path / "7").write_bytes(head)
    assert may_be_image(tmp_path / "7"), "else it would be called missing"
    with pytest.raises(ImageError, match=f"{expected}.*export"):
        open_image(head)


@pytest.mark.parametrize("format_", FORMATS)
def test_what_is_opened_is_not_named_as_refused(format_):
    assert named_format(saved(plain(), format_)[:HEAD]) is None
    assert named_format(HEADS["HTML"]) is None
    assert named_format(b"") is None


@pytest.mark.parametrize("name", ["photo.jfif", "photo.jpe", "photo", "photo.image", "photo.JPG"])
def test_a_jpeg_is_one_under_any_name(tmp_path, name):
    (tmp_path / name).write_bytes(saved(plain(), "JPEG"))
    assert may_be_image(tmp_path / name)
    assert close_to(open_image(tmp_path / name), (200, 30, 60))


def test_other_files_are_no_images(tmp_path):
    for name, content in {"a.txt": b"BMW builds cars", "a.csv": b"id,title\n", "b": b"", "c.html": b"<html>"}.items():
        (tmp_path / name).write_bytes(content)
        assert not may_be_image(tmp_path / name)
    assert not may_be_image(tmp_path / "gone")


@pytest.mark.parametrize("chunk", ["zTXt", "iTXt", "iCCP", "many"])
def test_a_png_with_long_texts_is_read(chunk):
    info = PngImagePlugin.PngInfo()
    long = "x" * 3_000_000
    if chunk == "iTXt":
        info.add_itxt("parameters", long, zip=True)
    for _ in range(80 if chunk == "many" else int(chunk == "zTXt")):
        info.add_text("parameters", long[:1_000_000] if chunk == "many" else long, zip=True)
    data = saved(plain(), "PNG", pnginfo=info, **({"icc_profile": long.encode()} if chunk == "iCCP" else {}))
    assert close_to(open_image(data), (200, 30, 60))


def test_metadata_that_cannot_be_read_is_ignored_in_silence(monkeypatch, capfd):
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 1, "maker"
    data = bytearray(saved(plain(), "JPEG", exif=exif))
    place = data.index(b"\x01\x0f") if b"\x01\x0f" in data else data.index(b"\x0f\x01")
    data[place + 8 : place + 12] = b"\xff\xff\xff\x7f"  # the offset of the maker's name
    assert close_to(open_image(bytes(data)), (200, 30, 60))

    def fail(*_: object) -> None:
        raise struct.error("unpack")

    monkeypatch.setattr(decoding.ImageOps, "exif_transpose", fail)
    assert close_to(open_image(bytes(data)), (200, 30, 60))
    assert capfd.readouterr() == ("", "")


def test_a_damaged_tiff_prints_nothing(capfd):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    data = bytearray(saved(Image.fromarray(noise), "TIFF", compression="tiff_adobe_deflate"))
    data[len(data) // 2] ^= 0xFF
    with pytest.raises(ImageError, match="decoded"):
        open_image(bytes(data))
    assert capfd.readouterr().err == ""


def test_the_preview_of_a_camera_raw_file_is_no_photo():
    with pytest.raises(ImageError, match="raw file"):
        open_image(saved(plain(), "TIFF", tiffinfo={254: 1}))


def test_a_truncated_jpeg_opens_once_its_end_is_marked():
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    data = saved(Image.fromarray(noise), "JPEG")
    cut = data[: len(data) // 2]
    with pytest.raises(ImageError, match="truncated JPEG"):
        open_image(cut)
    whole, mended = np.asarray(open_image(data)), np.asarray(open_image(cut + JPEG_END))
    assert (whole[:12] == mended[:12]).all()  # above the cut, and above the rows that are blended with it
    assert not (whole == mended).all()
