"""Words that a person types find what is written."""

import pandas as pd
import pytest

from core.data.text_search import rows_containing

ARTICLES = pd.DataFrame(
    {
        "title": ["Küche brennt in Köln", "Die STRASSE ist gesperrt", "50% (neu) 🎉", None],
        "text": ["Feuerwehr im Einsatz", None, "", "nur Text"],
        "title_en": ["Kitchen on fire", "", "", ""],
        "text_en": ["", "", "", ""],
    }
)


@pytest.mark.parametrize(
    ("words", "rows"),
    [
        ("KÜCHE", [0]), ("ku\u0308che", [0]), ("straße", [1]), ("köln feuerwehr", [0]), ("köln straße", []),
        ("kitchen", [0]), ("(neu", [2]), ("🎉", [2]), ("nur", [3]), ("", [0, 1, 2, 3]), ("  ", [0, 1, 2, 3]),
    ],
)  # fmt: skip
def test_words_are_found_in_any_case_and_as_they_are_written(words, rows):
    assert rows_containing(ARTICLES, words).tolist() == rows
