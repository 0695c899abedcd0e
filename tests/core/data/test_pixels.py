"""Pictures from outside: decoded as they look, or refused."""

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from core.data.pixels import ImageError, open_image


def saved(image: Image.Image, format_: str, **options: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, format_, **options)
    return buffer.getvalue()


def plain(colour: object = (200, 30, 60), mode: str = "RGB", size: tuple[int, int] = (8, 6)) -> Image.Image:
    return Image.new(mode, size, colour)


def close_to(image: Image.Image, colour: tuple[int, int, int], within: int = 6) -> bool:
    assert image.mode == "RGB"
    return bool((np.abs(np.asarray(image).astype(int) - colour) <= within).all())


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "GIF"])
def test_the_four_formats_are_read_from_bytes_and_files(tmp_path, format_):
    data = saved(plain(), format_)
    (tmp_path / "picture.jpg").write_bytes(data)
    for source in (data, tmp_path / "picture.jpg"):
        assert close_to(open_image(source), (200, 30, 60))


@pytest.mark.parametrize("format_", ["BMP", "TIFF", "PPM", "ICO", "TGA", "EPS", "PDF"])
def test_other_formats_are_refused_whatever_their_name(tmp_path, format_):
    (tmp_path / "picture.jpg").write_bytes(saved(plain(size=(16, 16)), format_))
    with pytest.raises(ImageError, match="not a JPEG, PNG, WEBP, GIF picture"):
        open_image(tmp_path / "picture.jpg")


@pytest.mark.parametrize("data", [b"", b"\x89PNG", b"GIF89a", b"<html>404</html>", b"\xff\xd8\xff"])
def test_what_is_no_picture_is_refused(tmp_path, data):
    (tmp_path / "picture.png").write_bytes(data)
    for source in (data, tmp_path / "picture.png"):
        with pytest.raises(ImageError):
            open_image(source)


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP"])
def test_a_truncated_picture_is_refused(format_):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    data = saved(Image.fromarray(noise), format_)
    with pytest.raises(ImageError, match=r"cannot be decoded|not a"):
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


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_bomb_is_refused_by_its_header():
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    for side in (10_000, 30_000):  # over Pillow's warning, and over its error
        header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
        bomb = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
        with pytest.raises(ImageError, match="more than 89 million pixels"):
            open_image(bomb)
