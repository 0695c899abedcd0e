"""News text as it is found, made readable: addresses, retweet heads, entities and broken characters go.

The originals stay as they came in the article table; what is cleaned here is cleaned each time it is read
(`core.data.query_text`).
"""

import html
import re

import ftfy
import sentencex

# An address says nothing about an image, and the random part of a shortened one costs tokens.
_URL = re.compile(r"https?://\S+|www\.\S+|\b(?:t\.co|pic\.twitter\.com)/\w+")
# What a tweet cut at 140 characters leaves of its last address: h… to https:/…
_CUT_URL = re.compile(r"\bh(?:t(?:t(?:ps?(?::/?/?)?)?)?)?…")
_RETWEET = re.compile(r"(?:\s*RT @\w+:?)+")
# Control characters that ftfy leaves, and U+FFFD, the stand-in for a character that is lost.
_NO_CHARACTER = re.compile(r"[\x00-\x1f\x7f\ufffd]")
# Format characters without width. Joiners stay inside a text, since emoji and Persian need them.
_NO_WIDTH = re.compile(r"[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_JOINERS = "\u200c\u200d\ufe0e\ufe0f"
_HASHTAG = re.compile(r"(?<!\w)#(\w*)")
_ESCAPED = 5  # how often at most: a feed of a feed has two; &amp;amp;… on and on would take a round for each
_MENTION = re.compile(r"(?<!\w)@(?=\w)")

# Quotation marks stay as the newsroom set them; the width of letters is not the repair of anything.
_REPAIRS = ftfy.TextFixerConfig(unescape_html=False, uncurl_quotes=False, fix_character_width=False)


def clean(text: str) -> str:
    """Return `text` readable, on one line.

    Without HTML entities, characters that nobody sees, broken characters (UTF-8 read as something else is set right),
    addresses, `RT @name:` at its beginning and the @ of those mentioned, whose names are often the best word on who is
    in the image.
    """
    text = ftfy.fix_text(_unescape(text), _REPAIRS)
    text = _CUT_URL.sub(" ", _URL.sub(" ", text))
    text = _MENTION.sub("", _RETWEET.sub("", text, count=1) if _RETWEET.match(text) else text)
    text = " ".join(_NO_WIDTH.sub("", _NO_CHARACTER.sub(" ", text)).split())
    return text if text.strip(_JOINERS) else ""


def _unescape(text: str) -> str:
    """HTML entities as characters, even if they were escaped more than once."""
    for _ in range(_ESCAPED):
        plain = html.unescape(text)
        if plain == text:
            break
        text = plain
    return text


def split_hashtags(text: str) -> str:
    """`#BreakingNews` → `Breaking News`, `#old_town` → `old town`, `#legday` → `legday`: only what is marked is cut."""
    return " ".join(_HASHTAG.sub(lambda tag: _words_of(tag[1]), text).split())


def _words_of(tag: str) -> str:
    """Blanks where a small letter or digit is followed by a capital, or letters change to digits or back.

    A capital starts a new word after a capital, too, if a small letter follows: `NYCMarathon` → `NYC Marathon`.
    """
    cut = []
    for place, here in enumerate(tag):
        before, after = tag[place - 1 : place], tag[place + 1 : place + 2]
        starts = here.isupper() and (before.islower() or before.isdigit() or (before.isupper() and after.islower()))
        if place and (starts or (here.isdigit() != before.isdigit() and here.isalnum() and before.isalnum())):
            cut.append(" ")
        cut.append(here)
    return "".join(cut).replace("_", " ")


def sentences(text: str, language: str) -> list[str]:
    """The sentences of a text, in order. language: two letters; its abbreviations end none."""
    return [sentence for part in sentencex.segment(language, text) if (sentence := part.strip())]
