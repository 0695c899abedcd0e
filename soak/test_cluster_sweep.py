"""A sweep by Ray's workers against the same sweep by a single process."""

from pathlib import Path

import pytest

from tests.conftest import Verb


@pytest.fixture
def ray_afterwards(monkeypatch: pytest.MonkeyPatch):
    """Ray, shut down after the test, with two workers of one thread each, as this process has one."""
    ray = pytest.importorskip("ray")
    init = ray.init
    monkeypatch.setattr(ray, "init", lambda **options: init(num_cpus=2, **options))
    yield ray
    ray.shutdown()


@pytest.mark.usefixtures("lite_is_there")
def test_two_workers_give_the_same_bytes_as_one_process(verb: Verb, shapes: Path, workspace, ray_afterwards):
    verb("import", shapes, "--domain", "shapes", "--language", "en")
    trained = verb("train", "--domain", "shapes", "--tune", "text", "--epochs", 1, "--json")
    folder = workspace.runs_folder("shapes") / trained.record["run"]

    def swept(*options: str) -> dict[str, bytes]:
        for path in (workspace.cache / "paths").glob("*"):
            path.unlink()
        outcome = verb("sweep", "--domain", "shapes", "--precision", "fp32", *options)
        assert outcome.status == 0, outcome.err
        return {name: (folder / name).read_bytes() for name in ("ranks.parquet", "sweep.csv", "sweep.toml")}

    alone = swept()
    assert swept("--ray") == alone
    assert ray_afterwards.is_initialized()
    assert ray_afterwards.cluster_resources()["CPU"] == 2
