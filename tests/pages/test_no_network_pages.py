"""The app asks nothing of any network, from its start to a match, its own maker's statistics included."""

from collections.abc import Callable
from concurrent.futures import Future

import pytest

from core.jobs import model_worker
from tests.unplugged import unplug

ALL = ("overview", "alpha", "curves", "changes", "findings", "train", "data")


@pytest.fixture
def unplugged(monkeypatch):
    return unplug(monkeypatch)


def test_from_the_first_page_to_a_match_nothing_leaves_the_machine(
    unplugged, open_page, verb, shapes, tiny_name, monkeypatch
):
    def submit(task: Callable, *arguments: object) -> Future:
        future: Future = Future()
        future.set_result(task(*arguments))
        return future

    monkeypatch.setattr(model_worker, "submit", submit)
    for words in (
        ["import", shapes, "--domain", "shapes", "--language", "en"],
        ["train", "--domain", "shapes", "--encoder", tiny_name, "--tune", "head", "--epochs", 1, "--sweep"],
    ):
        outcome = verb(*words)
        assert outcome.status == 0, outcome.err
    for page in ALL:
        assert not open_page(page).exception
    app = open_page("match", headline="a red circle").run()
    assert not app.exception
    assert app.get("bidi_component"), "images are found"
    assert unplugged == []
