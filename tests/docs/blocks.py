"""The pages of the documentation, their code blocks and their links, as the tests read them."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("docs/**/*.md"), *ROOT.glob("*.md")])
_MARKDOWN = MarkdownIt("commonmark").enable("table")


@dataclass(frozen=True)
class Block:
    """A fenced code block: its page, line, language and content."""

    page: Path
    line: int
    language: str
    content: str

    @property
    def commands(self) -> list[list[str]]:
        """The words of each command, without comments; a backslash continues a line."""
        lines = self.content.replace("\\\n", " ").splitlines()
        return [words for line in lines if (words := shlex.split(line, comments=True))]


def blocks(page: Path, *languages: str) -> list[Block]:
    """Return the page's code blocks in `languages`, in the order of the page."""
    return [
        Block(page, token.map[0] + 1 if token.map else 0, token.info.strip(), token.content)
        for token in _MARKDOWN.parse(page.read_text("utf-8"))
        if token.type == "fence" and token.info.strip() in languages
    ]


def links(page: Path) -> Iterator[str]:
    """Yield the targets of the page's links and images."""
    for token in _MARKDOWN.parse(page.read_text("utf-8")):
        for child in token.children or []:
            if target := child.attrGet("href") or child.attrGet("src"):
                yield str(target)


def anchors(page: Path) -> set[str]:
    """Return the anchors of the page's headings, as mkdocs and GitHub make them."""
    tokens = _MARKDOWN.parse(page.read_text("utf-8"))
    headings = (tokens[place + 1] for place, token in enumerate(tokens) if token.type == "heading_open")
    return {_slug(heading) for heading in headings}


def _slug(heading: Token) -> str:
    text = "".join(child.content for child in heading.children or [])
    if own := re.search(r"\{ *#([\w-]+) *\}$", text):  # an anchor that the page sets itself
        return own[1]
    return re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", text.lower()).strip())
