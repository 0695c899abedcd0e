"""Two real processes over gloo, started once for all tests, give the losses, gradients and weights of one."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import pandas as pd
import pytest
import torch
import torch.distributed as dist
from PIL import Image
from torch import nn
from torch.nn import functional

from core.data.importers import import_domain
from core.data.query_text import Reading
from core.encoders.clip.encoder import ClipEncoder
from core.encoders.weights import read_weights
from core.errors import InputError
from core.experiment.train import train_run
from core.training.distributed import (
    all_gather_with_grad,
    average_gradients,
    check_same,
    first_on_each_machine,
    on_main_process,
    own_device,
    process_number,
    run_distributed,
)
from core.training.grad_cache import cached_gradients
from core.training.loss import contrastive_loss
from core.training.settings import Settings
from core.workspace.folders import Workspace
from core.workspace.runs import find_run

# 48 pairs in batches of 7, 7, 7, 7, 7, 7 and 6, so shares of 4 and 3 and, in one batch, of 3 and 3.
SETTINGS = {tune: Settings(tune=tune, epochs=2, lr=3e-3, batch_size=7, seed=5) for tune in ("all", "head")}


def message_of(call: Callable[[], object]) -> str | None:
    """Return the message of the InputError that `call` raises, if any."""
    try:
        call()
    except InputError as error:
        return str(error)
    return None


def loss_and_gradients(chunk: int | None = None) -> list[torch.Tensor]:
    """Compute loss and gradients for layer and temperature from seven pairs, two of them alike, and one layer."""
    images, texts = torch.randn(2, 7, 5, generator=torch.Generator().manual_seed(3))
    layer, log_scale = nn.Parameter(torch.eye(5)), nn.Parameter(torch.tensor(1.0))
    embedded = [
        all_gather_with_grad(
            cached_gradients(lambda rows, x=x: functional.normalize(x[rows] @ layer, dim=-1), chunk), np.arange(7)
        )
        for x in (images, texts)
    ]
    same = torch.eye(7, dtype=torch.bool)
    same[1, 5] = same[5, 1] = True  # of shares of 4 and 3, one in each
    loss = contrastive_loss(*embedded, log_scale, same)
    loss.backward()
    average_gradients([layer, log_scale])
    return [loss.detach(), layer.grad, log_scale.grad]


def devices() -> list[object]:
    """Return the result for cpu, cuda and mps on a machine with one CUDA device: a device or a message."""
    torch.cuda.device_count, torch.cuda.set_device = lambda: 1, lambda number: None
    of_cuda: list[object] = []
    refused = message_of(lambda: of_cuda.append(own_device(torch.device("cuda"))))
    return [own_device(torch.device("cpu")), refused or of_cuda[0], message_of(lambda: own_device(torch.device("mps")))]


def comes_second(mark: Path) -> bool:
    """Return whether another process has left a slow block before this one entered it."""
    with first_on_each_machine():
        existed = mark.exists()
        time.sleep(0.3)
        mark.touch()
    return existed


def count_images() -> list[object]:
    """Return a list to which every image that this process prepares for an encoder is appended."""
    prepared, prepare = [], ClipEncoder.preprocess

    def counted(encoder: ClipEncoder, image: Image.Image) -> torch.Tensor:
        prepared.append(image)
        return prepare(encoder, image)

    ClipEncoder.preprocess = counted
    return prepared


def one_of_two(number: int, port: int, workspace: Workspace, name: str) -> None:
    """Run one of the two processes and save its results for the tests."""
    os.environ |= {
        "RANK": str(number), "LOCAL_RANK": str(number), "WORLD_SIZE": "2",
        "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port),
        "TORCHELASTIC_RUN_ID": "test", "TORCHELASTIC_USE_AGENT_STORE": "True", "TORCHELASTIC_RESTART_COUNT": "0",
        "GLOO_SOCKET_IFNAME": "lo0" if sys.platform == "darwin" else "lo",
    }  # fmt: skip
    torch.set_num_threads(1)
    open_clip.add_model_config(Path(name.partition(":")[2]).with_suffix(".json"))
    seen: dict[str, Any] = {}
    prepared = count_images()

    def work() -> None:
        for tune, settings in SETTINGS.items():
            epochs: list[Any] = []
            run, experiment = train_run(
                workspace.load_domain("shapes"), name, settings, Reading("title"), "cpu", workspace, epochs.append
            )
            seen[tune] = {
                "run": run.info.name, "epochs": len(epochs), "weights": experiment.encoder.state_dict(),
                "noise": torch.rand(4),
            }  # fmt: skip
        seen["images"] = len(prepared)
        stale = workspace.load_domain(["shapes", "stale"][number])
        seen["stale"] = message_of(lambda: train_run(stale, name, SETTINGS["head"], Reading("title"), "cpu", workspace))
        seen["loss and gradients"] = [loss_and_gradients(chunk) for chunk in (None, 1, 2, 9)]
        seen["main process"] = on_main_process(process_number)
        seen["comes second"] = comes_second(workspace.cache / "mark")
        seen["same"] = message_of(lambda: check_same({"settings": "a", "articles": "b"}))
        seen["too few"] = message_of(lambda: all_gather_with_grad(lambda rows: torch.zeros(len(rows), 3), np.arange(1)))
        seen["devices"] = devices()

    run_distributed(work)
    seen["group remains"] = dist.is_initialized()
    torch.save(seen, workspace.root / f"{number}.pt")


@pytest.fixture(scope="module")
def two_places(shapes: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("two")
    workspace = Workspace(folder / "workspace", folder / "cache")
    import_domain(shapes, workspace.domain_folder("shapes"), language="en")
    pd.read_csv(shapes).head(30).to_csv(folder / "few.csv", index=False)
    import_domain(folder / "few.csv", workspace.domain_folder("stale"), images=shapes.parent / "images", language="en")
    return workspace


@pytest.fixture(scope="module")
def two(two_places: Workspace, tiny_name: str) -> list[dict[str, Any]]:
    """Results of each of the two processes."""
    # This process holds the store, as torchrun does, at a port that the system chooses.
    store = dist.TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    torch.multiprocessing.spawn(one_of_two, (store.port, two_places, tiny_name), nprocs=2)
    return [torch.load(two_places.root / f"{number}.pt", weights_only=False) for number in (0, 1)]


@pytest.fixture
def one(shapes_domain, workspace, tiny_name):
    """Train as a single process."""
    return lambda settings: train_run(shapes_domain, tiny_name, settings, Reading("title"), "cpu", workspace)[0]


def without_key_biases(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Set key biases to zero: they shift all scores of a query alike, so Adam amplifies gradients of pure rounding."""
    for key, tensor in weights.items():
        if key.endswith("in_proj_bias"):
            tensor.view(3, -1)[1] = 0
    return weights


@pytest.mark.parametrize("tune", SETTINGS)
def test_two_processes_give_the_losses_and_the_weights_of_one(two, two_places, one, tune):
    alone, together = one(SETTINGS[tune]), find_run(two_places, "shapes", two[0][tune]["run"])
    expected, found = alone.history(), together.history()
    assert found["train_loss"].notna().tolist() == [False, True, True]
    pd.testing.assert_frame_equal(found, expected, atol=1e-4)
    weights = without_key_biases(read_weights(together.weights_file))
    torch.testing.assert_close(weights, without_key_biases(read_weights(alone.weights_file)), atol=1e-4, rtol=0)
    assert together.info.settings == alone.info.settings
    assert (together.info.articles, together.info.zero_shot) == (alone.info.articles, alone.info.zero_shot)


@pytest.mark.parametrize("tune", SETTINGS)
def test_both_end_with_the_same_weights_to_the_bit(two, tune):
    main, other = (results[tune]["weights"] for results in two)
    assert all(torch.equal(main[key], other[key]) for key in main)


def test_the_main_process_makes_the_run_and_both_get_it(two, two_places):
    assert sorted(folder.name for folder in two_places.runs_folder("shapes").iterdir()) == [
        "tinyclip-all-1",
        "tinyclip-head-1",
    ]
    assert [results["all"]["run"] for results in two] == ["tinyclip-all-1", "tinyclip-all-1"]
    assert [results["all"]["epochs"] for results in two] == [3, 0]
    assert [results["main process"] for results in two] == [0, 0]


def test_the_gradient_of_shares_is_that_of_the_whole_batch(two):
    # Adam ignores the scale of a gradient, so the weights above would not show a wrong one.
    expected = loss_and_gradients()
    for results in two:
        for found in results["loss and gradients"]:  # in chunks, too
            torch.testing.assert_close(found, expected)


def test_noise_differs_by_process_and_the_main_one_has_that_of_a_single_process(two, one):
    one(SETTINGS["head"])
    assert torch.equal(two[0]["head"]["noise"], torch.rand(4))
    assert not torch.equal(two[0]["head"]["noise"], two[1]["head"]["noise"])


def test_one_process_of_a_machine_goes_first(two):
    assert [results["comes second"] for results in two] == [False, True]


def test_the_other_process_reads_what_the_first_encodes(two):
    assert two[0]["images"] >= 60
    assert two[1]["images"] == 0


def test_both_refuse_if_their_data_differ(two):
    assert [results["same"] for results in two] == [None, None]
    assert two[0]["stale"] == two[1]["stale"]
    for keyword in ("process 1 ", "articles", "process 0 "):
        assert keyword in two[0]["stale"]


def test_a_batch_of_fewer_pairs_than_processes_is_refused(two):
    for results in two:
        for keyword in ("2 processes", "batch of 1", "--batch-size"):
            assert keyword in results["too few"]


def test_each_has_its_accelerator_or_reports_that_there_are_too_few(two):
    (cpu, cuda, mps), (_, too_many, _) = (results["devices"] for results in two)
    assert (cpu, cuda) == (torch.device("cpu"), torch.device("cuda", 0))
    assert "on mps" in mps
    assert "--device cpu" in mps
    assert "1 CUDA devices" in too_many
    assert "--nproc-per-node 1" in too_many


def test_the_group_is_gone_afterwards(two):
    assert [results["group remains"] for results in two] == [False, False]


def test_without_torchrun_there_is_no_group():
    assert run_distributed(dist.is_initialized) is False
