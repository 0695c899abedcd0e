"""Coverage-guided fuzzing of one importer: ``python -m soak.fuzz IMPORTER [SECONDS] [FOLDER]``, or `make fuzz` for all.

Mutated files are read as an import reads them. Each must give a listing or a short InputError; the script writes any
other exception to FOLDER/IMPORTER/faults with the bytes that raised it, once for each line that raises, and continues.
Atheris, the fuzzer, has wheels for x86_64 only and is not a requirement of Rematch: install it with
``pip install atheris==3.0.0``.
"""

import io
import shutil
import sys
import tempfile
import traceback
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import atheris

with atheris.instrument_imports(include=["core.data", "zipfile"], enable_loader_override=False):
    from core.data.importers import ColumnNames
    from core.data.importers.containers import zip_source
    from core.data.importers.ground_truth import read_ground_truth
    from core.data.importers.preview import describe
    from core.data.importers.readers import read_articles, read_images, read_listed, read_source
from core.errors import InputError

ROOT = Path(__file__).parents[1]
SECONDS = 600
LONGEST_MESSAGE = 2_000  # characters of an error
LONGEST_INPUT = 8_192  # bytes
MEGABYTES = 2_048  # limit of memory, above which libFuzzer reports a fault
Read = Callable[[bytes, Path], None]

HEADER = b"article\taid\turl\timg\tiid\thashvalue\ttitle\ttext\timgFile\n"
RT_HEADER = b"url\ttitle\ttext\ttitleEN\ttextEN\toutlet\n"
#: Strings that a mutation may insert, in addition to single bytes.
WORDS = (
    r"\x00", r"\x09", r"\x0a", r"\x0d", r"\x0d\x0a", r"\x22", r"\x22\x22", ",", ";", "|", "#", r"\xef\xbb\xbf",
    r"\xff\xfe", "http://[", "https://x.org/%2e%2e%2f", "../", "=", "id", "title", "text", "image", "iid", "imgFile",
    "Date", "date", "9999-12-31", "0000-00-00", "1e999", "99999999999999999999", "&amp;amp;", "RT @",
    r"\xf0\x9f\x8e\x89", r"PK\x01\x02", "PAR1",
)  # fmt: skip
PAIR = b"7\t8\thttps://x.org/7\thttps://x.org/7.png\t5007\tabc\tTitle\tpersons;A|orgs;B\t7.png\n"
PAIRS_2025 = (
    b"article_id,article_url,article_title,article_tags,image_id,image_url\n"
    b'7,https://x.org/7,"A, title",a;b,ABC,https://x.org/7.jpg\n'
)
TABLE = (
    b'id,title,text,image,language,date\n1,"two\nlines","a ""b""",1.png,de,2024-02-03T10:00:00Z\n2,\xc3\xbc,,2.png,,\n'
)


def read_table(data: bytes, folder: Path) -> None:
    """Read a table of unknown columns, of pairs or of images only."""
    file = write(folder / "table.csv", data)
    call_reader(describe, file, ColumnNames(), folder)
    call_reader(read_listed, file)


def read_parquet(data: bytes, folder: Path) -> None:
    """Read a Parquet table."""
    call_reader(describe, write(folder / "table.parquet", data), ColumnNames(), folder)


def read_newsimages(data: bytes, folder: Path) -> None:
    """Read a NewsImages release of 2019 to 2023, its pairs or a list of its test set."""
    write(folder / "content.tsv", data)
    call_reader(describe, folder, ColumnNames(), folder)
    call_reader(read_articles, folder)
    call_reader(read_images, folder)


def read_newsimages2025(data: bytes, folder: Path) -> None:
    """Read the NewsImages release of 2025 in its folder."""
    write(folder / "newsarticles.csv", data)
    call_reader(describe, folder, ColumnNames(), folder)


def read_newsimages_rt(data: bytes, folder: Path) -> None:
    """Read the cleaned RT set, alone and (after a NUL) with the release it was made from."""
    cleaned, _, release = data.partition(b"\0")
    write(folder / "cleaned.tsv", cleaned)
    call_reader(describe, folder / "cleaned.tsv", ColumnNames(), folder)
    write(folder / "release.tsv", release)
    call_reader(describe, folder, ColumnNames(), folder)


def read_truth(data: bytes, folder: Path) -> None:
    """Read a ground truth."""
    for name in ("truth.csv", "truth.tsv"):
        call_reader(read_ground_truth, write(folder / name, data))


def read_zip(data: bytes, folder: Path) -> None:
    """Read a ZIP of a table with its images."""
    file = write(folder / "news.zip", data)
    found = call_reader(zip_source.unpack_source, file, folder / "unpacked")
    if found is not None:
        call_reader(read_source, found)
    outside = [path for path in folder.iterdir() if path.name not in ("news.zip", "unpacked")]
    assert not outside, f"files written outside of the target folder: {outside}"


IMPORTERS: dict[str, Read] = {
    "table": read_table,
    "parquet": read_parquet,
    "newsimages": read_newsimages,
    "newsimages2025": read_newsimages2025,
    "newsimages_rt": read_newsimages_rt,
    "groundtruth": read_truth,
    "zipped": read_zip,
}


def seeds() -> dict[str, list[bytes]]:
    """Make a few complete files for each importer as a start."""
    import pandas as pd

    parquet = io.BytesIO()
    rows = {"id": ["1", "2"], "title": ["a", None], "image": ["1.png", "2.png"], "score": [1.5, float("nan")]}
    pd.DataFrame(rows).to_parquet(parquet)
    packed = [io.BytesIO(), io.BytesIO()]
    for buffer, compression in zip(packed, (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED), strict=True):
        with zipfile.ZipFile(buffer, "w", compression) as archive:
            archive.writestr("news/articles.csv", TABLE)
            archive.writestr("news/images/1.png", b"\x89PNG")
    lists = [HEADER + b"7\t8\t\t\t\t\tTitle\ttext\t\n", HEADER + b"\t\t\tx\t5007\t\t\t\t7.png\n"]
    return {
        "table": [TABLE, TABLE.replace(b",", b";"), TABLE.replace(b",", b"\t"), TABLE.decode().encode("utf-8-sig")],
        "parquet": [parquet.getvalue()],
        "newsimages": [HEADER + PAIR, b"# " + HEADER[:-1] + b"\tDate\r\n" + PAIR[:-1] + b"\t2022-01-02\r\n", *lists],
        "newsimages2025": [PAIRS_2025, PAIRS_2025.partition(b"\n")[2] * 2],
        "newsimages_rt": [
            RT_HEADER + b"https://x.org/7\tT\t\tEnglish\t\trt\n\0" + HEADER + PAIR,
            RT_HEADER[:-1] + b"\timage\n" + b"https://x.org/7\tT\t\tEnglish\t\trt\t7.png\n",
        ],
        "groundtruth": [HEADER + PAIR, b"7\tabc\n8\tdef\n", b"article_id,image_id\n7,abc\n"],
        "zipped": [buffer.getvalue() for buffer in packed],
    }


def write(file: Path, data: bytes) -> Path:
    """Write a file and return its path."""
    file.write_bytes(data)
    return file


def call_reader(read: Callable[..., Any], *arguments: object) -> Any:
    """Return the result of `read`, or None after an InputError, whose message must be short."""
    try:
        return read(*arguments)
    except InputError as error:
        message = str(error)
    if len(message) > LONGEST_MESSAGE:
        raise AssertionError(f"an error of {len(message)} characters: {message[:200]}…")
    return None


class Trial:
    """An importer under test with the faults found so far."""

    def __init__(self, read: Read, faults: Path) -> None:
        self.read, self.faults, self.seen = read, faults, set[str]()

    def __call__(self, data: bytes) -> None:
        folder = Path(tempfile.mkdtemp(prefix="rematch-fuzz-"))
        try:
            self.read(data, folder)
        except Exception as error:
            self.record(error, data)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def record(self, error: Exception, data: bytes) -> None:
        """Write a new fault with its input to the folder of faults."""
        frames = traceback.extract_tb(error.__traceback__)
        in_core = [frame for frame in frames if Path(frame.filename).is_relative_to(ROOT / "core")] or frames
        name = f"{type(error).__name__}-{Path(in_core[-1].filename).stem}-{in_core[-1].lineno}"
        if name not in self.seen:
            self.seen.add(name)
            write(self.faults / f"{name}.bin", data)
            (self.faults / f"{name}.txt").write_text("".join(traceback.format_exception(error)))
            print(f"FAULT {name}: {error}", file=sys.stderr)


def main() -> None:
    """Fuzz an importer for the given number of seconds."""
    importer, seconds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else SECONDS
    folder = Path(sys.argv[3]) if len(sys.argv) > 3 else Path(tempfile.mkdtemp(prefix="rematch-fuzz-"))
    corpus, faults = folder / importer / "corpus", folder / importer / "faults"
    for created in (corpus, faults):
        created.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(seeds()[importer]):
        write(corpus / f"seed-{number}", data)
    words = folder / importer / "words"
    words.write_text("".join(f'"{word}"\n' for word in WORDS))
    options = [
        f"-max_total_time={seconds}", f"-max_len={LONGEST_INPUT}", f"-rss_limit_mb={MEGABYTES}", "-timeout=10",
        f"-dict={words}", "-print_final_stats=1", f"-artifact_prefix={faults}/", str(corpus),
    ]  # fmt: skip
    atheris.Setup([sys.argv[0], *options], Trial(IMPORTERS[importer], faults))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
