"""Slugs that are suggested for files."""

import pytest

from core.workspace.folders import Workspace, suggested_slug


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("My News (2).csv.gz", "my-news-2"),
        ("Größe_ä.xlsx", "grosse-a"),
        ("新闻.csv", ""),
        ("x" * 99 + "_y.csv", "x" * 99),
    ],
)
def test_a_suggested_slug_is_valid(name: str, slug: str, tmp_path) -> None:
    assert suggested_slug(name) == slug
    if slug:
        assert Workspace(tmp_path, tmp_path).domain_folder(slug).name == slug
