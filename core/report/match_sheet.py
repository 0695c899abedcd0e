"""Download of a match: one page with the query, the results of each model, and a footer with the run.

`as_html` returns one self-contained file that prints on a page of A4. All text is escaped, and nothing is loaded from
elsewhere.
"""

import base64
import html
from dataclasses import dataclass

PLACES = 5  # more are illegible on one page

_STYLE = """
@page { size: A4 portrait; margin: 10mm }
* { box-sizing: border-box }
body { font: 10pt/1.3 "Source Sans 3", "Segoe UI", "Helvetica Neue", Arial, sans-serif; color: #1B1F24;
       background: #FFF; max-width: 190mm; margin: 0 auto; overflow-wrap: anywhere }
header { display: flex; gap: 4mm; align-items: flex-start; margin-bottom: 3mm }
header img { max-width: 42mm; max-height: 28mm }
h1, span { display: -webkit-box; -webkit-box-orient: vertical; overflow: hidden }
h1 { font-size: 15pt; line-height: 1.2; margin: 0 0 1mm; -webkit-line-clamp: 4 }
span { -webkit-line-clamp: 3 }
.own span { -webkit-line-clamp: 2 }
p { margin: 0 }
main { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 4mm }
h2 { font-size: 11pt; margin: 0; padding-top: 1.5mm; border-top: 1.5mm solid var(--colour) }
section > p { min-height: 1.3em; color: #4A5159 }
figure { margin: 1.5mm 0 0; padding: 1mm; border: .8mm solid #EDF0F2; border-radius: 1mm; height: 41mm }
figure.own { border-color: #1B1F24 }
figure img { display: block; margin: 0 auto 1mm; max-width: 100%; height: 22mm; object-fit: contain }
figcaption { font-size: 8pt; line-height: 1.2 }
footer { margin-top: 3mm; font-size: 8pt; color: #4A5159; border-top: .3mm solid #DDE1E6; padding-top: 1mm }
@media screen { body { padding: 6mm 2mm } }
@media screen and (max-width: 600px) { main { grid-template-columns: 1fr } figure { height: auto } }
"""


@dataclass(frozen=True)
class Entry:
    """A result. caption: its rank and score; mark: why it is highlighted, or empty. image: JPEG, None if missing."""

    caption: str
    mark: str
    title: str
    date: str
    image: bytes | None


@dataclass(frozen=True)
class Column:
    """Results of a model. colour: #RRGGBB. note: below its name, or empty. entries: the first PLACES are shown."""

    name: str
    colour: str
    note: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class MatchSheet:
    """A match. title: the headline or the name of the photo. image: JPEG of the query, or None. footer: the run."""

    title: str
    subtitle: str
    image: bytes | None
    columns: tuple[Column, ...]
    footer: str


def as_html(sheet: MatchSheet) -> bytes:
    """Return the sheet as one HTML file, UTF-8, with its images embedded."""
    columns = "".join(_html_column(column) for column in sheet.columns)
    page = f"""<!DOCTYPE html>
<html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{html.escape(sheet.title)}</title><style>{_STYLE}</style></head><body>
<header>{_html_image(sheet.image, "")}<div><h1 dir="auto">{html.escape(sheet.title)}</h1>
<p>{html.escape(sheet.subtitle)}</p></div></header>
<main>{columns}</main>
<footer>{html.escape(sheet.footer)}</footer>
</body></html>
"""
    return page.encode()


def _html_column(column: Column) -> str:
    entries = "".join(_html_entry(entry) for entry in column.entries[:PLACES])
    return (
        f'<section style="--colour: {html.escape(column.colour)}"><h2>{html.escape(column.name)}</h2>'
        f"<p>{html.escape(column.note)}</p>{entries}</section>\n"
    )


def _html_entry(entry: Entry) -> str:
    own = " class=own" if entry.mark else ""
    caption = f"{entry.caption}, {entry.mark}" if entry.mark else entry.caption
    words = f'<span dir="auto">{html.escape(f"{entry.date} {entry.title}".strip())}</span>'
    return (
        f"<figure{own}>{_html_image(entry.image, entry.title)}"
        f"<figcaption><b>{html.escape(caption)}</b>{words}</figcaption></figure>\n"
    )


def _html_image(image: bytes | None, alt: str) -> str:
    if image is None:
        return ""
    return f'<img src="data:image/jpeg;base64,{base64.b64encode(image).decode()}" alt="{html.escape(alt)}">'
