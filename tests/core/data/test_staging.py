"""A domain changes whole and by one process at a time; what a killed process left is put back."""

import os
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from core.data import staging
from core.data.domain import load_domain, save_changed, save_domain
from core.data.importers import import_domain
from core.data.staging import lock_domain, restore, staged_folder
from core.errors import InputError
from tests.shapes import write_shapes


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(staging, "PATIENCE", 0.1)


def test_a_new_domain_takes_the_place_of_the_old_whole(tmp_path):
    folder = tmp_path / "news"
    for content in ("one", "two"):
        with lock_domain(folder), staged_folder(folder) as fresh:
            fresh.mkdir()
            (fresh / "file").write_text(content)
        assert (folder / "file").read_text() == content
    assert sorted(file.name for file in tmp_path.iterdir()) == ["news"]


def break_off(folder: Path) -> None:
    with lock_domain(folder), staged_folder(folder) as fresh:
        fresh.mkdir()
        raise KeyboardInterrupt


def test_a_failure_leaves_the_old_one(tmp_path):
    folder = tmp_path / "news"
    folder.mkdir()
    (folder / "file").write_text("old")
    with pytest.raises(KeyboardInterrupt):
        break_off(folder)
    assert (folder / "file").read_text() == "old"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["news"]


@pytest.mark.skipif(os.name != "posix", reason="kill -9 and fork are POSIX's")
def test_killed_between_the_two_renames_the_old_one_is_put_back(shapes, workspace):
    folder = workspace.domain_folder("shapes")
    import_domain(shapes, folder, language="en")
    child = os.fork()
    if child == 0:
        rename = Path.rename

        def rename_and_die(path: Path, to: Path) -> Path:
            moved = rename(path, to)
            if path == folder:
                os.kill(os.getpid(), signal.SIGKILL)
            return moved

        Path.rename = rename_and_die  # type: ignore[method-assign, assignment]
        import_domain(shapes, folder, language="en", replace_existing=True)
        os._exit(1)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    assert not folder.exists()
    assert workspace.domain_slugs() == ["shapes"]
    assert len(workspace.load_domain("shapes").articles) == 60
    assert [file.name for file in folder.parent.iterdir() if file.is_dir()] == ["shapes"]


def test_what_is_left_of_a_domain_with_a_longer_name_is_not_touched(tmp_path):
    (tmp_path / ".news-2.new-x" / "news-2").mkdir(parents=True)
    (tmp_path / ".news.new-b.new-x" / "news.new-b").mkdir(parents=True)  # exports may have any name
    with lock_domain(tmp_path / "news"), staged_folder(tmp_path / "news") as fresh:
        fresh.mkdir()
    restore(tmp_path)
    assert (tmp_path / ".news-2.new-x" / "news-2").exists()
    assert (tmp_path / ".news.new-b.new-x" / "news.new-b").exists()


def test_the_second_of_two_imports_at_once_is_refused(shapes, workspace, impatient):
    folder = workspace.domain_folder("shapes")
    with lock_domain(folder), pytest.raises(InputError, match=r"another process.*domain 'shapes'"):
        import_domain(shapes, folder, language="en")
    import_domain(shapes, folder, language="en")
    with pytest.raises(InputError, match="--replace"):
        import_domain(shapes, folder, language="en")


def test_one_after_the_other_though_the_lock_goes_each_time(tmp_path):
    inside, most = [0], [0]

    def change() -> None:
        for _ in range(5):
            with lock_domain(tmp_path / "news"):
                inside[0] += 1
                time.sleep(0.001)
                most[0] = max(most[0], inside[0])
                inside[0] -= 1

    threads = [threading.Thread(target=change) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]
    assert list(tmp_path.iterdir()) == []


def test_a_change_made_of_what_is_no_longer_there_is_refused(shapes_domain, shapes, workspace):
    retitled = replace(shapes_domain, articles=shapes_domain.articles.assign(title_en="English"))
    truth = replace(shapes_domain, articles=shapes_domain.articles.assign(image_id="x"))
    save_changed(shapes_domain, truth)
    with pytest.raises(InputError, match=r"another process.*nothing was written"):
        save_changed(shapes_domain, retitled)  # as a translation that began before the ground truth was there
    assert set(workspace.load_domain("shapes").articles["image_id"]) == {"x"}
    import_domain(shapes, shapes_domain.folder, language="en", replace_existing=True)
    with pytest.raises(InputError, match=r"another process.*nothing was written"):
        save_changed(truth, retitled)


def test_a_reader_beside_imports_sees_one_domain_only(tmp_path, shapes, workspace):
    """Two sources that differ in their number of articles and in the title of the domain."""
    folder, few = workspace.domain_folder("shapes"), write_shapes(tmp_path / "few", 30)
    sources = {"sixty": shapes, "thirty": few}
    import_domain(shapes, folder, language="en", title="sixty")
    done = threading.Event()

    def rewrite() -> None:
        for number in range(12):
            title = ("thirty", "sixty")[number % 2]
            import_domain(sources[title], folder, language="en", title=title, replace_existing=True)
        done.set()

    writer = threading.Thread(target=rewrite)
    writer.start()
    seen = []
    while not done.is_set():
        try:
            domain = load_domain(folder)
        except InputError:  # between the two renames there is none
            continue
        seen.append((domain.info.title, len(domain.articles)))
    writer.join()
    assert set(seen) <= {("sixty", 60), ("thirty", 30)}
    assert len(set(seen)) == 2


def test_a_domain_that_is_replaced_while_it_is_read_is_read_again(tmp_path, shapes, workspace, monkeypatch):
    folder, few = workspace.domain_folder("shapes"), write_shapes(tmp_path / "few", 30)
    import_domain(shapes, folder, language="en", title="sixty")
    read, waiting = pd.read_parquet, [few]

    def read_after_an_import(*arguments: Any, **named: Any) -> pd.DataFrame:
        if waiting:
            import_domain(waiting.pop(), folder, language="en", title="thirty", replace_existing=True)
        return read(*arguments, **named)

    monkeypatch.setattr(pd, "read_parquet", read_after_an_import)
    domain = load_domain(folder)
    assert (domain.info.title, len(domain.articles)) == ("thirty", 30)


def test_a_domain_of_another_version_says_so(shapes_domain):
    file = shapes_domain.folder / "domain.toml"
    whole = file.read_text()
    for form, remedy in ((0, "Import"), (2, "newer")):
        file.write_text(whole.replace("format = 1", f"format = {form}"))
        with pytest.raises(InputError, match=rf"domain\.toml.* version {form}\b.* version 1\b.*{remedy}"):
            load_domain(shapes_domain.folder)
    file.write_text('colour = "blue"\n' + whole)
    with pytest.raises(InputError, match=r"another version .*colour.* Import"):
        load_domain(shapes_domain.folder)
    save_domain(shapes_domain)
    assert load_domain(shapes_domain.folder).info == shapes_domain.info
