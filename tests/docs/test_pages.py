"""The pages of the documentation: links resolve, the navigation is complete, the sentences can be read."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pyphen
import pytest

from tests.docs.blocks import PAGES, ROOT, anchors, links

GENERATED = {"cli.md"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_resolve(page: Path):
    for link in links(page):
        target = urlsplit(link)
        if target.scheme or target.netloc:
            continue
        file = page if not target.path else (page.parent / target.path).resolve()
        if file.name in GENERATED:
            continue
        assert file.exists(), f"{page.name}: {link}"
        assert not target.fragment or target.fragment in anchors(file), f"{page.name}: {link}"


def test_each_page_is_in_the_navigation():
    listed = re.findall(r"[\w/-]+\.md$", (ROOT / "mkdocs.yml").read_text("utf-8"), re.MULTILINE)
    pages = {str(page.relative_to(ROOT / "docs")) for page in ROOT.glob("docs/**/*.md")}
    assert sorted(listed) == sorted(pages | GENERATED)


def test_the_readme_is_short():
    text = (ROOT / "README.md").read_text("utf-8")
    assert len(text.splitlines()) <= 130
    assert len(text.split()) <= 1000


@pytest.mark.parametrize("name", ["README.md", "docs/tutorial.md"])
def test_readability(name: str):
    assert reading_ease(prose((ROOT / name).read_text("utf-8"))) >= 50


def reading_ease(text: str) -> float:
    """Return the Flesch reading ease (Flesch 1948); higher is easier, 60 to 70 is plain English."""
    hyphens = pyphen.Pyphen(lang="en_GB")
    words = re.findall(r"[^\W\d_]+", text)
    sentences = max(1, len(re.findall(r"[.!?:](?=\s)|\n\n", text)))
    syllables = sum(1 + len(hyphens.positions(word)) for word in words)
    return 206.835 - 1.015 * len(words) / sentences - 84.6 * syllables / len(words)


def test_reading_ease_tells_plain_from_heavy_sentences():
    assert reading_ease("The cat sat on the mat. It was warm. ") > 90
    heavy = "Notwithstanding considerable heterogeneity, institutionalisation predominates internationally"
    assert reading_ease(heavy) < 0


def prose(text: str) -> str:
    """Return the sentences of a page, without code, tables, images and addresses."""
    text = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    text = re.sub(r"^\|.*$", "", text, flags=re.MULTILINE)
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)", "", text)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return text.replace("`", "")
