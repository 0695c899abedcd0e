"""Every command on a full disk, including those that take too long for `make test`."""

import pytest

from tests.core.cli.test_unwritable import VERBS, at, disk, filled, refuse_in_turn, run_on_a_full_disk, swept

__all__ = ["at", "disk", "swept"]  # pytest finds fixtures by name


@pytest.mark.parametrize("name", VERBS)
def test_refused_at_each_file_in_turn(name, at, verb, tmp_path, shapes, tiny_name):
    words = [word for word in filled(VERBS[name], shapes, tiny_name, tmp_path / "out") if word != "--copy-images"]
    refuse_in_turn(words, at(tmp_path), verb)


@pytest.mark.parametrize("name", VERBS)
def test_a_disk_that_is_really_full(name, at, disk, verb, shapes, tiny_name):
    run_on_a_full_disk(filled(VERBS[name], shapes, tiny_name, disk.folder), at(disk.folder), disk, verb)
