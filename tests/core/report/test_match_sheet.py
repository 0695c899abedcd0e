"""The page to take away: nothing in it is run or loaded, and the picture shows what it was given."""

from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import streamlit
from PIL import Image

from core.report.match_png import MARGIN, WIDTH, as_png
from core.report.match_sheet import PLACES, Column, Entry, MatchSheet, as_html

FONT = next(Path(streamlit.__file__).parent.glob("static/static/media/SourceSansVF-Upright*.woff2"))
NASTY = """<script>alert("1")</script> 'Größe' „Übermut“ & 5 € 🟢 <img src=http://evil.example/x.png onerror=a>"""


STRUCTURE = {"html", "head", "meta", "title", "style", "body", "header", "div", "main", "section", "footer"}
KNOWN_TAGS = STRUCTURE | {"h1", "h2", "p", "figure", "img", "figcaption", "b", "span"}


class Tags(HTMLParser):
    """The tags of a page with their attributes, as a browser reads them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def jpeg(colour: tuple[int, int, int]) -> bytes:
    out = BytesIO()
    Image.new("RGB", (64, 48), colour).save(out, "JPEG", quality=95)
    return out.getvalue()


def entry(place: int, title: str, picture: bytes | None) -> Entry:
    own = "its own picture" if place == 2 else ""
    return Entry(f"Rank {place}, similarity 0.123", own, title, "2024-05-06", picture)


def sheet(title: str = "Ein grüner Kreis", places: int = 3, picture: bytes | None = None) -> MatchSheet:
    colours = {"zero-shot": "#0072B2", "WiSE-FT, α = 0.5": "#D55E00", "fine-tuned": "#009E73"}
    columns = tuple(
        Column(
            name,
            colour,
            "its own picture at rank 2",
            tuple(entry(place, title, picture) for place in range(1, places + 1)),
        )
        for name, colour in colours.items()
    )
    return MatchSheet(
        title, "Found by lite for this headline", picture, columns, "Rematch, run x, α = 0.5, 483 pictures"
    )


def pixels(data: bytes) -> np.ndarray:
    with Image.open(BytesIO(data), formats=("PNG",)) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def share_of(colour: tuple[int, int, int], shown: np.ndarray) -> float:
    return float((np.abs(shown - np.array(colour)).max(axis=2) < 12).mean())


def test_html_escapes_everything_and_loads_nothing() -> None:
    page = as_html(sheet(NASTY, picture=jpeg((200, 30, 30)))).decode()
    assert "<script" not in page
    assert "<img src=http" not in page
    assert "&lt;script&gt;alert(&quot;1&quot;)" in page
    assert "„Übermut“ &amp; 5 € 🟢" in page
    assert page.count('<img src="data:image/jpeg;base64,') == 10
    parser = Tags()
    parser.feed(page)
    assert {name for name, _ in parser.found} <= KNOWN_TAGS
    for _, attributes in parser.found:
        assert not [name for name in attributes if name.startswith("on") or name == "href"]
        assert attributes.get("src", "data:").startswith("data:")


def test_html_says_rank_mark_and_how_it_was_made() -> None:
    page = as_html(sheet()).decode()
    assert page.count("<b>Rank 1, similarity 0.123</b>") == 3
    assert page.count("<figure class=own><figcaption><b>Rank 2, similarity 0.123, its own picture</b>") == 3
    assert "α = 0.5, 483 pictures</footer>" in page
    assert as_html(sheet(places=10)).decode().count("<figure") == 3 * PLACES


def test_png_has_the_pixels_of_the_pictures_and_the_models_colours() -> None:
    red = (200, 30, 30)
    shown = pixels(as_png(sheet(picture=jpeg(red)), FONT))
    assert shown.shape[1] == WIDTH
    assert share_of(red, shown) > 0.08
    assert share_of(red, pixels(as_png(sheet(), FONT))) == 0
    for colour in ((0x00, 0x72, 0xB2), (0xD5, 0x5E, 0x00), (0x00, 0x9E, 0x73)):
        assert share_of(colour, shown) > 0.0005


def test_png_writes_umlauts_and_leaves_out_what_it_cannot_draw_and_says_so() -> None:
    plain, green = pixels(as_png(sheet("Größe"), FONT)), pixels(as_png(sheet("Größe 🟢"), FONT))
    title = slice(0, MARGIN + 60)
    assert (plain[title] == green[title]).all()  # no empty box
    assert len(green) > len(plain)  # the sentence that says so
    assert (pixels(as_png(sheet("Grosse"), FONT))[title] != plain[title]).any()


@pytest.mark.parametrize("title", ["", "🟢", "x" * 500, "Wort " * 200, "שלום 中文"])
def test_png_keeps_to_its_width_whatever_the_text(title: str) -> None:
    shown = pixels(as_png(sheet(title), FONT))
    assert (shown[:, WIDTH - 10 :] == 255).all()


@pytest.mark.parametrize("font", [None, Path("nowhere.woff2")])
def test_png_without_the_font_is_still_drawn(font: Path | None) -> None:
    assert pixels(as_png(sheet("Größe"), font)).shape[1] == WIDTH


def test_png_of_nothing_found() -> None:
    assert pixels(as_png(sheet(places=0, picture=b"no picture"), FONT)).shape[1] == WIDTH
