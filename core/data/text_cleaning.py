"""Cleaning of news texts: removes URLs and retweet prefixes, repairs HTML entities and broken characters.

The article table keeps the original texts; they are cleaned whenever they are read (`core.data.query_text`).
"""

import html
import re

import ftfy
import sentencex

# A URL tells nothing about an image, and the random part of a shortened one costs tokens.
_URL = re.compile(r"https?://\S+|www\.\S+|\b(?:t\.co|pic\.twitter\.com)/\w+")
# The rest of the last URL in a tweet truncated at 140 characters: h… to https:/…
_CUT_URL = re.compile(r"\bh(?:t(?:t(?:ps?(?::/?/?)?)?)?)?…")
_RETWEET = re.compile(r"(?:\s*RT @\w+:?)+")
# Control characters that ftfy leaves, and U+FFFD, which replaces a lost character.
_NO_CHARACTER = re.compile(r"[\x00-\x1f\x7f\ufffd]")
# Format characters without width. Joiners stay, since emoji and Persian need them.
_NO_WIDTH = re.compile(r"[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_JOINERS = "\u200c\u200d\ufe0e\ufe0f"
_HASHTAG = re.compile(r"(?<!\w)#(\w*)")
_ESCAPED = 5  # rounds of unescaping: a feed of a feed needs two, and &amp;amp;… could need any number
_MENTION = re.compile(r"(?<!\w)@(?=\w)")

# Quotation marks stay as the newsroom wrote them; changing the width of letters would repair nothing.
_REPAIRS = ftfy.TextFixerConfig(unescape_html=False, uncurl_quotes=False, fix_character_width=False)


def clean(text: str) -> str:
    """Return `text` cleaned, on one line.

    Decodes HTML entities and repairs UTF-8 that was read in another encoding. Removes invisible characters, URLs,
    `RT @name:` at the beginning, and the @ of mentions; their names stay, since they often name who is in the image.
    """
    text = ftfy.fix_text(_unescape(text), _REPAIRS)
    text = _CUT_URL.sub(" ", _URL.sub(" ", text))
    text = _MENTION.sub("", _RETWEET.sub("", text, count=1) if _RETWEET.match(text) else text)
    text = " ".join(_NO_WIDTH.sub("", _NO_CHARACTER.sub(" ", text)).split())
    return text if text.strip(_JOINERS) else ""


def _unescape(text: str) -> str:
    """Decode HTML entities, even if they were escaped more than once."""
    for _ in range(_ESCAPED):
        plain = html.unescape(text)
        if plain == text:
            break
        text = plain
    return text


def split_hashtags(text: str) -> str:
    """Split hashtags into words: `#BreakingNews` → `Breaking News`, `#old_town` → `old town`, `#legday` → `legday`."""
    return " ".join(_HASHTAG.sub(lambda tag: _words_of(tag[1]), text).split())


def _words_of(tag: str) -> str:
    """Insert spaces before a capital after a lower-case letter or digit, and between letters and digits.

    A capital after a capital also starts a new word if a lower-case letter follows: `NYCMarathon` → `NYC Marathon`.
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
    """Return the sentences of a text, in order. language: two letters; its abbreviations do not end a sentence."""
    return [sentence for part in sentencex.segment(language, text) if (sentence := part.strip())]
