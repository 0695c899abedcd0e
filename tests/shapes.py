"""Coloured shapes as images, and tables that describe them."""

from pathlib import Path

import pandas as pd
from PIL import Image, ImageDraw

COLOURS = {
    "red": (220, 30, 30),
    "green": (30, 200, 60),
    "blue": (30, 60, 220),
    "yellow": (230, 220, 40),
    "black": (10, 10, 10),
    "pink": (240, 130, 190),
}
SHAPES = ("circle", "square", "triangle")


def draw(colour: str, shape: str, shift: int) -> Image.Image:
    """Return an image of a coloured shape, moved by `shift` pixels."""
    image = Image.new("RGB", (48, 40), "white")
    pen = ImageDraw.Draw(image)
    box = (6 + shift, 4 + shift, 36 + shift, 34 + shift)
    if shape == "triangle":
        pen.polygon([(box[0], box[3]), (box[2], box[3]), ((box[0] + box[2]) // 2, box[1])], COLOURS[colour])
    else:
        {"circle": pen.ellipse, "square": pen.rectangle}[shape](box, COLOURS[colour])
    return image


def write_shapes(folder: Path, count: int) -> Path:
    """Write a table `articles.csv` of `count` coloured shapes with their images in `images/`; return its path."""
    (folder / "images").mkdir(parents=True)
    rows = []
    for number in range(1, count + 1):
        colour, shape = list(COLOURS)[number % 6], SHAPES[number // 6 % 3]
        draw(colour, shape, number % 5).save(folder / "images" / f"{number}.png")
        rows.append({"article_id": number, "title": f"a {colour} {shape}", "image_file": f"{number}.png"})
    pd.DataFrame(rows).to_csv(folder / "articles.csv", index=False)
    return folder / "articles.csv"
