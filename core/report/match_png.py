"""The one page of a match (`core.report.match_sheet`) drawn as a picture, for mails and slides.

Pillow's own font has no umlauts, so a font file is wanted; what it cannot draw (emoji) is left out, and the picture
says so, rather than drawn as an empty box.
"""

from collections.abc import Iterable
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

from core.report.match_sheet import PLACES, Column, MatchSheet

#: The picture's measures in pixels: A4's proportions at about 150 dots an inch.
WIDTH, MARGIN, GAP = 1240, 48, 28
CARD, CARD_PICTURE = 272, 160
INK, FAINT, LINE = "#1B1F24", "#4A5159", "#DDE1E6"
_LEFT_OUT = "Some characters, such as emoji, cannot be drawn here; the HTML page has them."


def as_png(sheet: MatchSheet, font: Path | None) -> bytes:
    """The sheet as a PNG. font: a font file that has the headlines' letters; None or unreadable: Pillow's own."""
    canvas = _Canvas(font)
    top = _draw_head(canvas, sheet)
    width = (WIDTH - 2 * MARGIN - GAP * (len(sheet.columns) - 1)) // len(sheet.columns)
    for number, column in enumerate(sheet.columns):
        _draw_column(canvas, column, MARGIN + number * (width + GAP), top, width)
    top += 76 + CARD * max(len(column.entries[:PLACES]) for column in sheet.columns)
    bottom = canvas.write(sheet.footer, (MARGIN, top), WIDTH - 2 * MARGIN, 19, FAINT, lines=3)
    if canvas.left_out:
        bottom = canvas.write(_LEFT_OUT, (MARGIN, bottom), WIDTH - 2 * MARGIN, 19, FAINT, lines=1)
    return canvas.png(bottom + MARGIN)


def _draw_head(canvas: "_Canvas", sheet: MatchSheet) -> int:
    """Title and query picture; where the columns begin."""
    left, top = MARGIN, MARGIN
    if sheet.picture is not None and canvas.paste(sheet.picture, (MARGIN, MARGIN, 260, 180)):
        left, top = MARGIN + 260 + GAP, MARGIN + 180 + GAP
    below = canvas.write(sheet.title, (left, MARGIN - 6), WIDTH - MARGIN - left, 38, INK, lines=3, bold=True)
    below = canvas.write(sheet.subtitle, (left, below + 4), WIDTH - MARGIN - left, 24, FAINT, lines=2)
    return max(top, below + GAP)


def _draw_column(canvas: "_Canvas", column: Column, left: int, top: int, width: int) -> None:
    canvas.pen.rectangle((left, top, left + width, top + 9), fill=column.colour)
    canvas.write(column.name, (left, top + 12), width, 26, INK, lines=1, bold=True)
    canvas.write(column.note, (left, top + 44), width, 20, FAINT, lines=1)
    for number, entry in enumerate(column.entries[:PLACES]):
        y = top + 76 + number * CARD
        edge, thickness = (INK, 4) if entry.mark else (LINE, 2)
        canvas.pen.rectangle((left, y, left + width, y + CARD - 10), outline=edge, width=thickness)
        inner = width - 20
        if entry.picture is not None:
            canvas.paste(entry.picture, (left + 10, y + 8, inner, CARD_PICTURE))
        at = y + CARD_PICTURE + 10
        said = f"{entry.caption}, {entry.mark}" if entry.mark else entry.caption
        at = canvas.write(said, (left + 10, at), inner, 20, INK, lines=1, bold=True)
        words = f"{entry.date} {entry.title}".strip()
        canvas.write(words, (left + 10, at), inner, 20, FAINT, lines=2)


class _Canvas:
    """A white page that grows as far as it is drawn on, and remembers if letters were left out."""

    def __init__(self, font: Path | None) -> None:
        self.font, self.left_out = font, False
        self.image = Image.new("RGB", (WIDTH, 2 * WIDTH), "white")
        self.pen = ImageDraw.Draw(self.image)

    def write(
        self, text: str, at: tuple[int, int], width: int, size: int, fill: str, lines: int, bold: bool = False
    ) -> int:
        """Write `text`, wrapped to `width` and cut to `lines`; where the next line would begin."""
        font = _font(self.font, size, bold)
        drawable = _drawable(font, text)
        self.left_out = self.left_out or drawable != _folded(text)
        x, y = at
        for line in _wrapped(font, drawable, width, lines):
            self.pen.text((x, y), line, fill=fill, font=font)
            y += round(size * 1.3)
        return y

    def paste(self, picture: bytes, box: tuple[int, int, int, int]) -> bool:
        """Fit the picture into (left, top, width, height), centred; False if it is none."""
        left, top, width, height = box
        try:
            with Image.open(BytesIO(picture), formats=("JPEG",)) as opened:
                fitted = ImageOps.contain(opened.convert("RGB"), (width, height))
        except OSError:
            return False
        self.image.paste(fitted, (left + (width - fitted.width) // 2, top + (height - fitted.height) // 2))
        return True

    def png(self, height: int) -> bytes:
        """The page down to `height`."""
        out = BytesIO()
        self.image.crop((0, 0, WIDTH, min(height, self.image.height))).save(out, "PNG", optimize=True)
        return out.getvalue()


AnyFont = ImageFont.FreeTypeFont | ImageFont.ImageFont


@lru_cache(maxsize=32)
def _font(file: Path | None, size: int, bold: bool) -> AnyFont:
    """The given font, else one the system has with umlauts, else Pillow's own, which has none."""
    for name in ([str(file)] if file else []) + ["DejaVuSans.ttf", "arial.ttf", "Arial.ttf"]:
        try:
            font = ImageFont.truetype(name, size)
        except OSError:
            continue
        if bold or file:
            _set_weight(font, 650 if bold else 400)
        return font
    return ImageFont.load_default(size)


def _set_weight(font: ImageFont.FreeTypeFont, weight: int) -> None:
    try:
        font.set_variation_by_axes([weight])
    except OSError:
        return  # not a variable font: one weight for all


def _drawable(font: AnyFont, text: str) -> str:
    """The text without the characters that the font would draw as an empty box."""
    missing = _glyph(font, "\uffff")
    kept = "".join(each for each in text if each.isspace() or _glyph(font, each) != missing)
    return _folded(kept)


def _folded(text: str) -> str:
    return " ".join(text.split())


@lru_cache(maxsize=8192)
def _glyph(font: AnyFont, character: str) -> tuple[tuple[int, int], bytes]:
    mask = font.getmask(character)
    return mask.size, bytes(mask)


def _wrapped(font: AnyFont, text: str, width: int, lines: int) -> Iterable[str]:
    """At most `lines` lines of at most `width` pixels; the last ends in … if there is more."""
    words, done = text.split(), 0
    for number in range(lines):
        if done == len(words):
            return
        last = number == lines - 1
        count = 1
        while done + count < len(words) and font.getlength(" ".join(words[done : done + count + 1])) <= width:
            count += 1
        line, done = " ".join(words[done : done + count]), done + count
        yield _cut(font, line, width, more=last and done < len(words))


def _cut(font: AnyFont, line: str, width: int, more: bool) -> str:
    """The line, shortened to `width` pixels; with … if it was, or if there is `more` to come."""
    if not more and font.getlength(line) <= width:
        return line
    while line and font.getlength(line + "…") > width:
        line = line[:-1]
    return line.rstrip() + "…"
