"""Painter of the demo images: a backdrop (field, sea, street, …) in some light, drawings on it, a play button.

All randomness comes from the generator that is passed in, so an image depends only on its article.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from core.data.demo.drawings import sprite

WIDTH, HEIGHT = 320, 240
MAIN_SIZE, SECOND_SIZE = (158, 184), (100, 122)  # range of the drawings' longer side in pixels
BLUR, HAZE = 2.5, 0.2
Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Backdrop:
    """A kind of scene (a key of PAINTERS) in one light (a key of LIGHTS)."""

    kind: str
    light: str


LIGHTS: dict[str, Colour] = {
    "noon": (255, 255, 255),
    "morning": (255, 226, 214),
    "evening": (255, 206, 158),
    "overcast": (206, 214, 224),
}


def paint_scene(backdrop: Backdrop, emojis: Sequence[str], rng: Random) -> Image.Image:
    """Return an RGB image [HEIGHT, WIDTH] of one or two drawings in front of `backdrop`, the first one larger."""
    image = _paint_backdrop(backdrop, rng)
    side = rng.choice((1, -1)) if len(emojis) > 1 else 0  # direction of the main drawing's shift from the middle
    placed = [(emojis[0], rng.randint(*MAIN_SIZE), 0.5 - 0.12 * side)]
    if len(emojis) > 1:
        placed.insert(0, (emojis[1], rng.randint(*SECOND_SIZE), 0.5 + 0.22 * side))  # behind the main one
    for emoji, size, centre in placed:
        drawing = sprite(emoji, size, rng.random() < 0.3)
        x = round(WIDTH * centre + rng.uniform(-10, 10) - drawing.width / 2)
        ground = HEIGHT * rng.uniform(0.82, 0.95)
        image.paste(drawing, (x, round(max(4, ground - drawing.height))), drawing)
    return _expose(image, rng)


def paint_portrait(emoji: str, rng: Random) -> Image.Image:
    """Return a generic portrait for news about a person: one drawing on a plain background."""
    colour = rng.choice(((214, 220, 228), (226, 214, 202), (202, 222, 210), (222, 208, 224)))
    image = Image.new("RGB", (WIDTH, HEIGHT), colour)
    drawing = sprite(emoji, 184)
    image.paste(drawing, ((WIDTH - drawing.width) // 2, HEIGHT - drawing.height), drawing)
    return _expose(image, rng)


def add_play_button(image: Image.Image) -> Image.Image:
    """Return a darkened copy with a play button in the middle, like a video thumbnail."""
    thumbnail = Image.blend(image, Image.new("RGB", image.size, "black"), 0.25)
    draw = ImageDraw.Draw(thumbnail)
    x, y = WIDTH // 2, HEIGHT // 2
    draw.ellipse((x - 30, y - 30, x + 30, y + 30), fill=(20, 20, 20), outline="white", width=3)
    draw.polygon(((x - 10, y - 16), (x - 10, y + 16), (x + 18, y)), fill="white")
    draw.rectangle((12, HEIGHT - 12, WIDTH - 12, HEIGHT - 9), fill=(200, 200, 200))
    draw.rectangle((12, HEIGHT - 12, 70, HEIGHT - 9), fill=(220, 40, 40))
    return thumbnail


def _paint_backdrop(backdrop: Backdrop, rng: Random) -> Image.Image:
    horizon = round(HEIGHT * rng.uniform(0.5, 0.62))
    image = PAINTERS[backdrop.kind](horizon, rng)
    light = np.array(LIGHTS[backdrop.light], dtype=np.float32) / 255
    lit = Image.fromarray((np.asarray(image) * light).astype(np.uint8))
    # Out of focus and hazy, so that the subject is salient for readers and encoders.
    return Image.blend(lit.filter(ImageFilter.GaussianBlur(BLUR)), Image.new("RGB", lit.size, "white"), HAZE)


def _expose(image: Image.Image, rng: Random) -> Image.Image:
    return ImageEnhance.Brightness(image).enhance(rng.uniform(0.93, 1.06))


def _gradient(top: Colour, bottom: Colour, height: int) -> Image.Image:
    down = np.linspace(0.0, 1.0, max(height, 1), dtype=np.float32)[:, None, None]
    rows = np.array(top, dtype=np.float32) * (1 - down) + np.array(bottom, dtype=np.float32) * down
    return Image.fromarray(np.broadcast_to(rows, (max(height, 1), WIDTH, 3)).astype(np.uint8))


def _sky_and_ground(sky: tuple[Colour, Colour], ground: tuple[Colour, Colour], horizon: int) -> Image.Image:
    image = Image.new("RGB", (WIDTH, HEIGHT))
    image.paste(_gradient(*sky, horizon), (0, 0))
    image.paste(_gradient(*ground, HEIGHT - horizon), (0, horizon))
    return image


DAY_SKY: tuple[Colour, Colour] = ((122, 180, 230), (222, 238, 248))


def _field(horizon: int, rng: Random) -> Image.Image:
    image = _sky_and_ground(DAY_SKY, ((164, 200, 104), (98, 152, 66)), horizon)
    draw = ImageDraw.Draw(image)
    for x in range(-20, WIDTH, 60):
        top = horizon - rng.randint(6, 22)
        draw.ellipse((x, top, x + rng.randint(60, 120), horizon + 18), fill=(122, 170, 86))
    return image


def _sea(horizon: int, rng: Random) -> Image.Image:
    image = _sky_and_ground(DAY_SKY, ((70, 140, 190), (24, 92, 150)), horizon)
    draw = ImageDraw.Draw(image)
    for _ in range(26):
        x, y = rng.randint(0, WIDTH), rng.randint(horizon + 6, HEIGHT)
        draw.arc((x, y, x + rng.randint(14, 34), y + 8), 200, 340, fill=(190, 220, 236), width=2)
    return image


def _beach(horizon: int, rng: Random) -> Image.Image:
    image = _sky_and_ground(DAY_SKY, ((240, 222, 170), (222, 196, 138)), horizon)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, horizon - 26, WIDTH, horizon), fill=(74, 156, 196))
    for _ in range(40):
        x, y = rng.randint(0, WIDTH), rng.randint(horizon + 8, HEIGHT)
        draw.ellipse((x, y, x + 3, y + 2), fill=(200, 172, 118))
    return image


def _street(horizon: int, rng: Random) -> Image.Image:
    image = _sky_and_ground(((176, 200, 220), (226, 232, 236)), ((128, 128, 132), (92, 92, 98)), horizon)
    draw = ImageDraw.Draw(image)
    x = 0
    while x < WIDTH:
        width, top = rng.randint(40, 70), horizon - rng.randint(50, 110)
        wall = rng.choice(((196, 160, 136), (206, 190, 164), (170, 172, 180), (184, 140, 128)))
        draw.rectangle((x, top, x + width, horizon), fill=wall)
        for wx in range(x + 7, x + width - 8, 16):
            for wy in range(top + 8, horizon - 12, 20):
                draw.rectangle((wx, wy, wx + 8, wy + 11), fill=(236, 236, 214))
        x += width
    for x in range(10, WIDTH, 70):
        draw.rectangle((x, HEIGHT - 34, x + 36, HEIGHT - 30), fill=(236, 236, 236))
    return image


def _mountains(horizon: int, rng: Random) -> Image.Image:
    image = _sky_and_ground(((150, 190, 226), (232, 240, 246)), ((232, 238, 244), (204, 214, 226)), horizon)
    draw = ImageDraw.Draw(image)
    for x in range(-40, WIDTH, 80):
        peak, top = x + rng.randint(50, 90), horizon - rng.randint(60, 105)
        draw.polygon(((x - 20, horizon), (peak, top), (x + 160, horizon)), fill=(122, 134, 156))
        draw.polygon(((peak - 18, top + 22), (peak, top), (peak + 20, top + 22)), fill=(246, 248, 252))
    return image


def _night(horizon: int, rng: Random) -> Image.Image:
    image = _sky_and_ground(((40, 48, 92), (92, 92, 140)), ((88, 96, 110), (64, 70, 84)), horizon)
    draw = ImageDraw.Draw(image)
    for _ in range(30):
        x, y = rng.randint(0, WIDTH), rng.randint(0, horizon)
        draw.ellipse((x, y, x + 2, y + 2), fill=(246, 240, 200))
    x = rng.randint(20, WIDTH - 60)
    draw.ellipse((x, 14, x + 32, 46), fill=(250, 244, 210))
    return image


def _room(horizon: int, rng: Random) -> Image.Image:
    image = _sky_and_ground(((232, 214, 190), (222, 200, 172)), ((170, 122, 84), (142, 98, 66)), horizon + 40)
    draw = ImageDraw.Draw(image)
    x = rng.choice((24, 210))
    draw.rectangle((x, 24, x + 76, 104), fill=(196, 222, 240), outline=(250, 250, 250), width=5)
    draw.line((x + 38, 24, x + 38, 104), fill=(250, 250, 250), width=4)
    return image


def _hall(horizon: int, rng: Random) -> Image.Image:
    image = _sky_and_ground(((198, 208, 216), (224, 230, 234)), ((186, 190, 194), (160, 164, 170)), horizon + 30)
    draw = ImageDraw.Draw(image)
    offset = rng.randint(0, 30)
    for x in range(offset, WIDTH, 64):
        draw.rectangle((x, 0, x + 14, horizon + 30), fill=(172, 182, 192))
    return image


def _park(horizon: int, rng: Random) -> Image.Image:
    image = _sky_and_ground(((168, 212, 232), (226, 242, 236)), ((136, 188, 110), (110, 164, 92)), horizon)
    draw = ImageDraw.Draw(image)
    for x in range(rng.randint(-30, 10), WIDTH, rng.randint(64, 90)):
        top = horizon - rng.randint(56, 80)
        draw.rectangle((x + 22, top + 36, x + 30, horizon + 6), fill=(118, 84, 58))
        draw.ellipse((x, top, x + 52, top + 54), fill=(74, 134, 74))
    return image


def _studio(horizon: int, rng: Random) -> Image.Image:
    image = _gradient((238, 238, 236), (206, 206, 204), HEIGHT)
    ImageDraw.Draw(image).ellipse((20, horizon + 40, WIDTH - 20, HEIGHT + 40), fill=(190, 190, 188))
    return image


PAINTERS: dict[str, Callable[[int, Random], Image.Image]] = {
    "field": _field,
    "sea": _sea,
    "beach": _beach,
    "street": _street,
    "mountains": _mountains,
    "night": _night,
    "room": _room,
    "hall": _hall,
    "park": _park,
    "studio": _studio,
}
