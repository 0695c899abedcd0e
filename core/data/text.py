"""From an article's title and text to the one string an encoder reads.

The originals stay as they came in the article table; what is cleaned here is cleaned each time it is read.
"""

import html
import re
from collections.abc import Iterable
from typing import Literal, get_args

TextChoice = Literal["title", "text", "title+text"]
TEXT_CHOICES: tuple[TextChoice, ...] = get_args(TextChoice)

# An address says nothing about a picture, and the random part of a shortened one costs tokens.
_URL = re.compile(r"https?://\S+|www\.\S+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def clean(text: str) -> str:
    """Return `text` without HTML entities, URLs and control characters, white space folded to single blanks."""
    return " ".join(_CONTROL.sub(" ", _URL.sub(" ", html.unescape(text))).split())


def compose(title: str, text: str, which: TextChoice) -> str:
    """Return the query of one article, cleaned.

    ``title+text`` joins the two with ". " (the recipe of the published baseline: headline, then tags or body).
    Where the chosen part is empty the other one stands in, so that no article is without a query.
    """
    title, text = clean(title), clean(text)
    if which == "title":
        return title or text
    if which == "text":
        return text or title
    if not (title and text):
        return title or text
    return f"{title} {text}" if title[-1] in ".!?…" else f"{title}. {text}"


def compose_all(titles: Iterable[str], texts: Iterable[str], which: TextChoice) -> list[str]:
    """`compose` for every article, in order."""
    return [compose(title, text, which) for title, text in zip(titles, texts, strict=True)]
