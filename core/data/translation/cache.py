"""What a model has translated, kept sentence by sentence, so that nothing is translated twice, not even after kill -9.

A SQLite file for each model: what was committed is there whenever and however the process ends.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path

from core.storage.disk_errors import DiskError, disk_errors_for
from core.storage.files import fingerprint

#: What SQLite says of a file that is not what was written. A full disk, or one that is read-only, is none of these.
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}


class TranslationCache:
    """Sentence → its translation by one model. A file that is damaged is begun anew: it can be made again.

    Each row has a checksum, since a changed letter damages no page of the file.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        with disk_errors_for(file):
            file.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._connection = _opened(file)
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) not in _DAMAGED:
                raise _unusable(file, error) from None
            file.unlink()
            self._connection = _opened(file)

    def __enter__(self) -> "TranslationCache":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def known(self, sentences: Iterable[str]) -> dict[str, str]:
        """The translations that are there."""
        find = "SELECT sentence, translation, seal FROM translations WHERE sentence = ?"
        rows = (self._connection.execute(find, (sentence,)).fetchone() for sentence in sentences)
        return {row[0]: row[1] for row in rows if row is not None and row[2] == fingerprint(row[0], row[1])}

    def keep(self, translations: Mapping[str, str]) -> None:
        """Add translations; they are on disk when this returns. Raises DiskError."""
        rows = [(sentence, said, fingerprint(sentence, said)) for sentence, said in translations.items()]
        try:
            with self._connection:
                self._connection.executemany("INSERT OR REPLACE INTO translations VALUES (?, ?, ?)", rows)
        except sqlite3.OperationalError as error:  # no room, or no right to write
            raise _unusable(self._file, error) from None


def _unusable(file: Path, error: sqlite3.DatabaseError) -> DiskError:
    return DiskError(
        f"{file} cannot be written: {error}. Make room, or get the right to write there, and do the same again; what "
        f"was translated before is kept."
    )


def _opened(file: Path) -> sqlite3.Connection:
    """Raises sqlite3.DatabaseError if the file is not what was written."""
    connection = sqlite3.connect(file, timeout=60)  # another process may be committing
    try:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS translations (sentence TEXT PRIMARY KEY, translation TEXT, seal TEXT)"
        )
        connection.execute("SELECT sentence, translation, seal FROM translations LIMIT 1")
        if connection.execute("PRAGMA quick_check").fetchone() != ("ok",):
            raise sqlite3.DatabaseError(f"{file} is damaged")
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection
