"""With every file of the cache damaged or deleted, the results are the same as with an intact cache."""

from pathlib import Path

import pytest

from core.storage.cache import is_whole, matches_seal, sealed_files


@pytest.fixture
def trained(after, shapes, tiny_name, tmp_path):
    """Return the folder of a workspace with a run that is not swept."""
    train = ["train", "--domain", "shapes", "--encoder", tiny_name, "--tune", "last:1", "--epochs", 1]
    after(["import", shapes, "--domain", "shapes", "--language", "en"], train)
    return tmp_path


def _numbers(verb, folder):
    swept = verb("sweep", "--domain", "shapes", "--precision", "fp32", "--json").record
    assert verb("rank", "--domain", "shapes", "--alpha", "0.3", "--output", folder / "run.tsv").status == 0
    found = verb("match", "--domain", "shapes", "--headline", "a red circle", "--json").record
    return swept, (folder / "run.tsv").read_text(), found


def _flip(file):
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 4
    file.write_bytes(data)


def _shorten(file):
    file.write_bytes(file.read_bytes()[:-7])


@pytest.mark.parametrize(("damage", "is_reported"), [(_flip, True), (_shorten, True), (Path.unlink, False)])
def test_the_results_are_those_of_an_intact_cache(verb, trained, damage, is_reported, caplog):
    intact = _numbers(verb, trained)
    files = [file for file in (trained / "cache").rglob("*") if file.is_file() and file.suffix != ".lock"]
    assert {file.parent.name for file in files} >= {"inputs", "activations", "paths", "galleries"}
    for file in files:
        damage(file)
    assert _numbers(verb, trained) == intact
    assert all(is_whole(file) for file in files if file.exists())
    assert bool(caplog.records) == is_reported


def test_verify_names_and_removes_only_damaged_files(verb, trained):
    _numbers(verb, trained)
    cache = trained / "cache"
    files = sealed_files(cache)
    assert {file for file in cache.rglob("*") if file.is_file() and file.suffix != ".lock"} == set(files)
    assert verb("cache", "verify", "--json").record == {"cache": str(cache), "files": len(files), "removed": []}
    damaged = files[:2]
    for file in damaged:
        _flip(file)
    removed = verb("cache", "verify", "--json").record["removed"]
    assert removed == [str(file.relative_to(cache)) for file in damaged]
    assert sealed_files(cache) == files[2:]
    assert all(matches_seal(file) for file in files[2:])
