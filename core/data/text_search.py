"""Search for articles by words as users type them; case, ß and composed or decomposed umlauts make no difference."""

import unicodedata

import numpy as np
import pandas as pd

TEXT_COLUMNS = ("title", "text", "title_en", "text_en")


def rows_containing(articles: pd.DataFrame, words: str) -> np.ndarray:
    """Return the positions of articles whose title or text (or English version) has all `words`; all if empty."""
    title, text, title_en, text_en = (articles[name].fillna("") for name in TEXT_COLUMNS)
    texts = (title + "\n" + text + "\n" + title_en + "\n" + text_en).map(_folded)
    found = np.ones(len(articles), dtype=bool)
    for word in _folded(words).split():
        found &= texts.str.contains(word, regex=False).to_numpy(dtype=bool)
    return np.flatnonzero(found)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text.casefold())
