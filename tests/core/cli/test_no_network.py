"""With weights on disk, no command uses the network."""

import socket

import pytest

from tests.unplugged import unplug


@pytest.fixture
def unplugged(monkeypatch):
    return unplug(monkeypatch)


@pytest.mark.usefixtures("lite_is_there")
@pytest.mark.parametrize("encoder", ["tiny", "lite"])
def test_no_command_uses_the_network(verb, shapes, tiny_name, tmp_path, unplugged, encoder):
    name = tiny_name if encoder == "tiny" else "lite"
    for words in (
        ["import", shapes, "--domain", "shapes", "--language", "en"],
        ["train", "--domain", "shapes", "--encoder", name, "--tune", "head", "--epochs", 1],
        ["sweep", "--domain", "shapes", "--precision", "fp32"],
        ["rank", "--domain", "shapes", "--alpha", "best", "--output", tmp_path / "run.tsv"],
        ["match", "--domain", "shapes", "--headline", "a red circle"],
        ["report", "--domain", "shapes"],
        ["analyse", "--domain", "shapes", "--questions", "difference,choice"],
    ):
        outcome = verb(*words)
        assert outcome.status == 0, outcome.err
    assert unplugged == []


def test_the_fixture_refuses_connections(unplugged):
    with pytest.raises(OSError, match="unplugged"):
        socket.create_connection(("127.0.0.1", 9))
    assert unplugged
