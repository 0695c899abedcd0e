"""Decoding of a table's bytes, in the encoding that the user names or that is detected.

Detection in this order: a byte order mark, the zero bytes of UTF-16, valid UTF-8, UTF-8 with some lines in Latin-1,
Windows' Latin-1 if its letters are plausible, and charset-normalizer. If all fail, the error asks for ``--encoding``.
"""

import codecs
import re
import unicodedata
from pathlib import Path

from charset_normalizer import from_bytes

from core.errors import InputError, shortened

UTF_8, UTF_8_BOM, LATIN_1 = "UTF-8", "UTF-8 with BOM", "Latin-1"
MIXED = "UTF-8 with lines in Latin-1"
#: UTF-32 before UTF-16, because the little-endian mark of UTF-16 is the beginning of UTF-32's.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", UTF_8_BOM),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
#: Candidates for charset-normalizer; `_is_plausible_latin_1` checks Western Windows before.
_LEGACY = (
    "gb18030", "big5", "shift_jis", "euc_jp", "euc_kr", "cp1251", "koi8_r", "cp1253", "cp1250", "cp1255", "cp1256",
    "cp1257", "mac_roman", "cp850",
)  # fmt: skip
_SAMPLE = 1 << 17  # bytes of lines beyond ASCII used for detection
_HIGH = re.compile(r"[^\x00-\x7f]+")
_MARKS_IN_WORDS = "’‘-–—·´`"  # l’été, 2–1; any other sign between two letters suggests another encoding
_UTF_8_SHARE = 0.25  # of the lines beyond ASCII: few lines of another encoding are valid UTF-8 by chance


def decode(content: bytes, file: Path, encoding: str | None = None) -> tuple[str, str]:
    """Return the text and the name of its encoding.

    encoding: as given by the user; None: detect it. Raises InputError: unknown encoding, bytes that are invalid in it,
    or no encoding detected.
    """
    if encoding is not None:
        return _decode_as(content, file, encoding)
    for mark, codec, label in _MARKS:
        if content.startswith(mark):
            return _decode_as(content, file, codec, label)
    if b"\0" in content:
        return _decode_utf_16(content, file)
    try:
        return content.decode("utf-8"), UTF_8
    except UnicodeDecodeError:
        return _decode_legacy(content, file)


def encoding_notes(file: Path, encoding: str) -> list[str]:
    """Return a sentence about a file that is not UTF-8; an empty list for UTF-8."""
    if encoding in (UTF_8, UTF_8_BOM, "utf-8"):
        return []
    return [f"encoding: {file.name} is not UTF-8, so it was read as {encoding}."]


def _decode_as(content: bytes, file: Path, encoding: str, label: str | None = None) -> tuple[str, str]:
    try:
        text = content.decode(encoding)
    except (LookupError, ValueError) as error:
        if not isinstance(error, UnicodeError):
            raise InputError(
                f"--encoding {shortened(encoding)} is not a known text encoding; use a name such as utf-8, utf-16, "
                f"cp1252, gb18030 or shift_jis."
            ) from None
        where = f" (byte {error.start:,})" if isinstance(error, UnicodeDecodeError) else ""
        raise InputError(f"{file} is not {label or encoding}{where}; name its encoding with --encoding.") from None
    return text.removeprefix("\ufeff"), label or codecs.lookup(encoding).name


def _decode_utf_16(content: bytes, file: Path) -> tuple[str, str]:
    """Decode UTF-16 without a mark: in mostly Latin text, every other byte is zero."""
    even, odd = content[::2].count(0), content[1::2].count(0)
    if len(content) % 2 == 0 and max(even, odd) >= len(content) / 8 and min(even, odd) * 8 <= max(even, odd):
        return _decode_as(content, file, "utf-16-le" if odd > even else "utf-16-be", "UTF-16")
    raise InputError(
        f"{file} contains zero bytes, so it is neither UTF-8 nor Latin-1; name its encoding with --encoding, or save "
        f"it as UTF-8."
    )


def _decode_legacy(content: bytes, file: Path) -> tuple[str, str]:
    """Decode bytes that are not valid UTF-8 as a whole."""
    lines = [line for line in content[: 16 * _SAMPLE].splitlines() if not line.isascii()]
    if sum(map(_is_utf_8, lines)) >= _UTF_8_SHARE * max(1, len(lines)):
        decoded = (line.decode("utf-8") if _is_utf_8(line) else _latin_1(line) for line in content.split(b"\n"))
        return "\n".join(decoded).removeprefix("\ufeff"), MIXED
    sample = b"\n".join(lines)[:_SAMPLE]
    if _is_plausible_latin_1(_latin_1(sample)):
        return _latin_1(content), LATIN_1
    cut = sample[: sample.rfind(b"\n")] if b"\n" in sample else sample  # no character is cut in half
    best = from_bytes(cut, cp_isolation=list(_LEGACY)).best()
    if best is not None:
        try:
            return content.decode(best.encoding), best.encoding
        except UnicodeDecodeError:  # other lines are in another encoding
            pass
    raise InputError(
        f"the encoding of {file} cannot be detected: it is not UTF-8, and its letters make no words in Latin-1. Name "
        f"the encoding with --encoding (such as gb18030, shift_jis, cp1251), or save the file as UTF-8."
    )


def _is_utf_8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _latin_1(content: bytes) -> str:
    """Decode Windows' variant of Latin-1, which includes quotation marks and dashes."""
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError:  # a byte that is undefined on Windows
        return content.decode("latin-1")


def _is_plausible_latin_1(text: str) -> bool:
    """Return False if letters beyond ASCII occur in long runs, or signs between letters.

    Western languages have one or two such letters in a row. Cyrillic, Greek or Chinese bytes read as Latin-1 give long
    runs of them, and Polish, DOS or Mac bytes give signs inside words.
    """
    runs = [match for match in _HIGH.finditer(text)]
    letters = sum(len(run[0]) for run in runs)
    in_long_runs = sum(len(run[0]) for run in runs if len(run[0]) > 2)
    signs = sum(_is_sign_in_word(text, run.start()) for run in runs)
    return in_long_runs <= 0.25 * letters and signs <= 0.1 * len(runs)


def _is_sign_in_word(text: str, index: int) -> bool:
    character, before, after = text[index], text[index - 1 : index], text[index + 1 : index + 2]
    is_letter = unicodedata.category(character).startswith("L") and character not in "ªº"
    return not is_letter and character not in _MARKS_IN_WORDS and before.isalpha() and after.isalpha()
