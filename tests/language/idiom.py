"""Count the words of the project's former private idiom in docstrings, comments, messages and documentation.

`python -m tests.language.idiom` prints each place; the test asserts that there is none. The list and what to write
instead are in docs/style.md.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

#: Pattern → the plain word for it.
IDIOM = {
    r"\brooms?\b": "space, module",
    r"\bwings?\b": "folder",
    r"\bdoors?\b": "entry point",
    r"\bways? out\b": "remedy, what to do",
    r"\bsaid\b": "reported, printed",
    r"\btold\b": "reported, passed",
    r"\basked\b": "requested, selected, queried",
    r"\bof now\b": "current",
    r"\bgoes on\b": "continues, resumes",
    r"\bbeside\b": "next to, in addition to",
    r"\blies (in|at|there|beside)\b": "is stored",
    r"\bmend(s|ed|ing)?\b": "fix",
    r"\banother form\b": "a different format version",
    r"\banew\b": "again",
    r"\bwhoever\b": "the person who, the process that",
    r"\bforesaw\b|\bforeseen\b": "expected",
    r"\bthe hand\b": "the user, the slider",
    r"\bis kept\b|\bare kept\b|\bwas kept\b|\bkeeps?\b what\b": "is stored",
    r"\bpictures?\b": "image",
    r"\bnobody\b": "no one; better: name the actor",
    r"\bspeaks? of\b": "names, refers to",
    r"\bstands? (in|at|for|before|beside|around)\b": "is",
    r"\ba little flattered\b": "slightly optimistic",
    r"\bcalled otherwise\b|\bsays? otherwise\b": "renamed; contradicts",
    r"\bwhat there is\b": "the contents",
}
#: The words of made-up news, and the page that quotes the idiom.
EXEMPT = ("core/data/demo/phrases.py", "core/data/demo/subjects.py", "docs/style.md")
_PATTERNS = {re.compile(pattern, re.IGNORECASE): plain for pattern, plain in IDIOM.items()}


@dataclass(frozen=True)
class Hit:
    """One word of the idiom: where it is and what to write instead."""

    file: str
    line: int
    found: str
    text: str
    instead: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: '{self.found}' (write: {self.instead}) in: {self.text[:100]}"


def sources() -> list[Path]:
    """Return the product's modules and the documents."""
    modules = [
        path
        for folder in ("core", "pages", "rematch", "examples", "benchmarks")
        for path in ROOT.glob(f"{folder}/**/*.py")
    ]
    documents = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    files = {*modules, *documents, ROOT / "app.py"}
    return sorted(files - {ROOT / name for name in EXEMPT})


def hits() -> list[Hit]:
    """Return every word of the idiom in the product's sentences, in the order of files and lines."""
    return [
        Hit(str(path.relative_to(ROOT)), line, match.group(), " ".join(text.split()), plain)
        for path in sources()
        for line, text in (_sentences(path) if path.suffix == ".py" else _lines(path))
        for pattern, plain in _PATTERNS.items()
        for match in pattern.finditer(text)
    ]


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a document outside code blocks."""
    code = False
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if line.lstrip().startswith("```"):
            code = not code
        elif not code:
            yield number, line


def _sentences(path: Path) -> Iterator[tuple[int, str]]:
    """Yield strings of more than one word, docstrings among them, and comments."""
    text = path.read_text("utf-8")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value.strip():
            yield node.lineno, node.value
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


if __name__ == "__main__":
    found = hits()
    print(*found, sep="\n")
    print(f"{len(found)} in {len({hit.file for hit in found})} files")
