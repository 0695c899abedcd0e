"""A renamed run is the same run; a deleted run is gone."""

from dataclasses import replace

import pytest

from core.errors import InputError
from core.workspace.rename_and_delete import archive_run, delete_run, rename_run, restore_run
from core.workspace.runs import active_runs, find_run, load_runs
from tests.core.workspace.test_runs import keep


def test_a_renamed_run_is_found_by_its_new_name_alone(workspace):
    old = keep(workspace, "lite-head-1", "1")
    renamed = rename_run(workspace, "news", "lite-head-1", "first-try")
    assert find_run(workspace, "news", "first-try") == renamed
    assert renamed.info == replace(old.info, name="first-try")
    assert [run.info.name for run in load_runs(workspace, "news")] == ["first-try"]


def test_a_run_whose_renaming_was_cut_short_has_the_name_of_its_folder(workspace):
    run = keep(workspace, "a", "1")
    run.folder.rename(run.folder.with_name("b"))
    assert find_run(workspace, "news", "b").info.name == "b"


@pytest.mark.parametrize("new", ["", "A", "a b", "../b", "a/b", "-a", "a--b", "ä"])
def test_odd_names_are_refused(workspace, new):
    keep(workspace, "a", "1")
    with pytest.raises(InputError, match="cannot name a run"):
        rename_run(workspace, "news", "a", new)
    assert find_run(workspace, "news", "a").folder.exists()


def test_a_name_that_is_taken_is_refused(workspace):
    keep(workspace, "a", "1")
    keep(workspace, "b", "2")
    with pytest.raises(InputError, match=r"already.*'b'"):
        rename_run(workspace, "news", "a", "b")


def test_a_deleted_run_is_gone_and_the_others_stay(workspace):
    gone = keep(workspace, "a", "1")
    keep(workspace, "b", "2")
    delete_run(workspace, "news", "a")
    assert not gone.folder.exists()
    assert [run.info.name for run in load_runs(workspace, "news")] == ["b"]
    with pytest.raises(InputError, match="no run 'a'"):
        delete_run(workspace, "news", "a")


def test_an_archived_run_is_used_only_by_its_name(workspace):
    first, second = keep(workspace, "first", "1"), keep(workspace, "second", "2")
    archive_run(workspace, "news", second.info.name)
    assert [run.info.name for run in active_runs(workspace, "news")] == [first.info.name]
    assert find_run(workspace, "news", None).info.name == first.info.name
    assert find_run(workspace, "news", second.info.name).is_archived
    archive_run(workspace, "news", first.info.name)
    with pytest.raises(InputError, match="archived"):
        find_run(workspace, "news", None)
    restore_run(workspace, "news", second.info.name)
    assert find_run(workspace, "news", None).info.name == second.info.name
