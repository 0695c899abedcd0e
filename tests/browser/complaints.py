"""Filter of console messages: a pure function, so that tests need no browser."""

import re
from urllib.parse import urlsplit

_MISSING = re.compile(r"Failed to load resource: .*\b404\b")
#: Streamlit looks for its end points below the page's path before it finds them at the root: `/data/_stcore/health`.
_LOOKED_FOR_BELOW_A_PAGE = re.compile(r"/[^/]+/_stcore/[^/]+")
#: The server drops the images of a drawing that is replaced before the browser fetches them. Another test checks that
#: images arrive.
_DROPPED = re.compile(r"/media/[^/]+")


def complaint_of(kind: str, text: str, url: str) -> str | None:
    """Return the complaint in a console message, with its address; None if it is none.

    kind, text, url: the message's type, its text, and where it comes from ("" if it does not say).
    """
    if kind != "error":
        return None
    path = urlsplit(url).path
    may_miss = _LOOKED_FOR_BELOW_A_PAGE.fullmatch(path) or _DROPPED.fullmatch(path)
    if _MISSING.match(text) and may_miss:
        return None
    return f"{text} ({url or 'no address'})"
