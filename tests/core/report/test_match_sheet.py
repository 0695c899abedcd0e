"""The download of a match: nothing in it is run or loaded."""

from html.parser import HTMLParser
from io import BytesIO

from PIL import Image

from core.report.match_sheet import PLACES, Column, Entry, MatchSheet, as_html

NASTY = """<script>alert("1")</script> 'Größe' „Übermut“ & 5 € 🟢 <img src=http://evil.example/x.png onerror=a>"""


STRUCTURE = {"html", "head", "meta", "title", "style", "body", "header", "div", "main", "section", "footer"}
KNOWN_TAGS = STRUCTURE | {"h1", "h2", "p", "figure", "img", "figcaption", "b", "span"}


class Tags(HTMLParser):
    """Parser that records the tags of a page with their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def jpeg(colour: tuple[int, int, int]) -> bytes:
    out = BytesIO()
    Image.new("RGB", (64, 48), colour).save(out, "JPEG", quality=95)
    return out.getvalue()


def entry(place: int, title: str, image: bytes | None) -> Entry:
    own = "its own image" if place == 2 else ""
    return Entry(f"Rank {place}, similarity 0.123", own, title, "2024-05-06", image)


def sheet(title: str = "Ein grüner Kreis", places: int = 3, image: bytes | None = None) -> MatchSheet:
    colours = {"zero-shot": "#0072B2", "WiSE-FT, α = 0.5": "#D55E00", "fine-tuned": "#009E73"}
    columns = tuple(
        Column(
            name,
            colour,
            "its own image at rank 2",
            tuple(entry(place, title, image) for place in range(1, places + 1)),
        )
        for name, colour in colours.items()
    )
    return MatchSheet(title, "Found by lite for this headline", image, columns, "Rematch, run x, α = 0.5, 483 images")


def test_html_escapes_everything_and_loads_nothing() -> None:
    page = as_html(sheet(NASTY, image=jpeg((200, 30, 30)))).decode()
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


def test_html_shows_rank_mark_and_run() -> None:
    page = as_html(sheet()).decode()
    assert page.count("<b>Rank 1, similarity 0.123</b>") == 3
    assert page.count("<figure class=own><figcaption><b>Rank 2, similarity 0.123, its own image</b>") == 3
    assert "α = 0.5, 483 images</footer>" in page
    assert as_html(sheet(places=10)).decode().count("<figure") == 3 * PLACES
