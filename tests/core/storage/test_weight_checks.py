"""Weights that mean harm are refused in one sentence, at once, and without making room for what they claim."""

import json
import os
import pickle
import struct
import subprocess
import sys
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from core.encoders.weights import load_into, read_weights
from core.errors import InputError
from core.storage.weight_checks import MAX_HEADER, check_pickle

PETABYTE = (2**20, 2**30)


def safetensors(path: Path, header: object, data: bytes = b"", length: int | None = None) -> Path:
    content = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(content) if length is None else length) + content + data)
    return path


def tensor(dtype: str, shape: list[int], start: int, end: int) -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


def many_tensors() -> bytes:
    one = b'"%d":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}'
    return b"{" + b",".join(one % number for number in range(20_000)) + b"}"


HEADERS: dict[str, tuple[object, bytes, int | None]] = {
    "2^63 bytes": (b"{}", b"", 2**63),
    "100 MB": (b"{}", bytes(64), 100 * 2**20),
    "20,000 tensors": (many_tensors(), b"", None),
    "nested": (b'{"a":' * 100_000, b"", None),
    "overlapping": ({"a": tensor("F32", [2], 0, 8), "b": tensor("F32", [2], 4, 12)}, bytes(12), None),
    "a hole": ({"a": tensor("F32", [1], 4, 8)}, bytes(8), None),
    "more than it names": ({"a": tensor("F32", [1], 0, 4)}, bytes(8), None),
    "truncated": ({"a": tensor("F32", [100], 0, 400)}, bytes(40), None),
    "a petabyte": ({"a": tensor("F32", list(PETABYTE), 0, 2**52)}, bytes(16), None),
    "a petabyte in 16 bytes": ({"a": tensor("F32", list(PETABYTE), 0, 16)}, bytes(16), None),
    "a shape that overflows": ({"a": tensor("F32", [2**33, 2**33], 0, 16)}, bytes(16), None),
    "a side that overflows": ({"a": tensor("F32", [0, 2**63], 0, 0)}, b"", None),
    "a negative side": ({"a": tensor("F32", [-4], 0, 16)}, bytes(16), None),
    "an unknown type": ({"a": tensor("F99", [4], 0, 16)}, bytes(16), None),
    "a type torch has not": ({"a": tensor("F6_E2M3", [16], 0, 12)}, bytes(12), None),
    "half a byte": ({"a": tensor("F4", [32], 0, 16)}, bytes(16), None),
    "complex": ({"a": tensor("C64", [2], 0, 16)}, bytes(16), None),
    "NaN": ({"a": tensor("F32", [2], 0, 8)}, struct.pack("<ff", 1.0, float("nan")), None),
    "infinite": ({"a": tensor("F16", [1], 0, 2)}, b"\x00\x7c", None),
}  # fmt: skip


def refused(file: Path) -> str:
    """Return the error message; the check must not allocate more than a header needs."""
    tracemalloc.start()
    try:
        with pytest.raises(InputError) as error:
            read_weights(file)
        assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    finally:
        tracemalloc.stop()
    message = str(error.value)
    assert message.startswith(str(file))
    assert "\n" not in message
    assert len(message) < 400
    return message


@pytest.mark.parametrize("case", HEADERS)
def test_a_hostile_safetensors_file_is_a_sentence(tmp_path, case):
    header, data, length = HEADERS[case]
    refused(safetensors(tmp_path / "w.safetensors", header, data, length))


class Command:
    """Runs a command when it is unpickled."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple:
        return (os.system, (self.command,))


def bare(path: Path, content: object) -> Path:
    path.write_bytes(pickle.dumps(content, protocol=2))
    return path


def nested(path: Path, content: object) -> Path:
    """A whole checkpoint inside, and the harm beside it."""
    torch.save({"a": torch.ones(1)}, path.with_suffix(".inner"))
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(path.with_suffix(".inner"), "w/inner.pt")
        archive.writestr("w/data.pkl", pickle.dumps(content, protocol=2))
        archive.writestr("w/version", "3")
    return path


def saved(path: Path, content: object, **options: object) -> Path:
    torch.save(content, path, **options)
    return path


@pytest.mark.parametrize("suffix", [".pt", ".bin", ".ckpt", ".safetensors"])
@pytest.mark.parametrize("pack", [bare, nested, saved])
def test_no_command_of_a_pickle_is_run(tmp_path, suffix, pack: Callable[..., Path]):
    mark = tmp_path / "ran"
    file = pack(tmp_path / f"w{suffix}", {"state_dict": {"a": Command(f"touch {mark}")}})
    refused(file)
    assert not mark.exists()
    Command(f"touch {mark}").__reduce__()[0](f"touch {mark}")
    assert mark.exists(), "the command would have run"


def test_loading_is_never_asked_to_be_looser(tmp_path, monkeypatch):
    asked = []

    def load(*_: object, **options: object) -> None:
        asked.append(options.get("weights_only"))
        raise pickle.UnpicklingError("Weights only load failed. Re-running with weights_only=False would help.")

    monkeypatch.setattr(torch, "load", load)
    refused(saved(tmp_path / "w.pt", {"a": torch.ones(1)}))
    assert asked == [True]


def deflated(path: Path) -> Path:
    """64 MB of zeros that `torch.load` would unpack, in a file of 64 kB."""
    torch.save({"a": torch.zeros(16 * 2**20)}, path.with_suffix(".whole"))
    with zipfile.ZipFile(path.with_suffix(".whole")) as whole, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for member in whole.infolist():
            file.writestr(member.filename, whole.read(member))
    return path


def claimed(path: Path) -> Path:
    """A file as old versions wrote it, which claims 2^40 numbers."""
    torch.save({"a": torch.ones(2)}, path, _use_new_zipfile_serialization=False)
    path.write_bytes(path.read_bytes().replace(b"K\x02", b"\x8a\x06" + bytes(5) + b"\x01"))
    return path


def asking(path: Path) -> Path:
    """Forty bytes that ask for two gigabytes."""
    path.write_bytes(b"\x80\x02cbuiltins\nbytearray\nJ\xff\xff\xff\x7f\x85R.")
    return path


DEEP = 20_000
DOUBLED = b"".join(b"h%ch%c\x86q%c" % (number, number, number + 1) for number in range(60))


def archive(path: Path, content: bytes) -> Path:
    """A file as torch.save writes it, with a pickle of one's own."""
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("w/data.pkl", b"\x80\x02" + content + b".")
        packed.writestr("w/version", "3\n")
        packed.writestr("w/byteorder", "little")
    return path


#: Pickles whose values are containers in containers: loading, hashing or freeing some of them ends the process.
NESTED: dict[str, bytes] = {
    "lists": b"]" * DEEP + b"a" * (DEEP - 1),
    "tuples": b")" + b"\x85" * DEEP,
    "tuples after marks": b"(" * DEEP + b"t" * DEEP,
    "dicts": b"}" + b"K\x01}" * DEEP + b"s" * DEEP,
    "OrderedDicts": b"ccollections\nOrderedDict\n)RK\x01" * 3_000 + b"K\x01" + b"s" * 3_000,
    "states of OrderedDicts": b"ccollections\nOrderedDict\n)R" * 3_000 + b"}" + b"b" * 3_000,
    "a tuple as a key": b"})" + b"\x85" * DEEP + b"K\x01s",
    "a tuple that doubles, as a key": b"}(Nq\x00" + DOUBLED + b"tK\x01s",
    "a tuple of storage": b")" + b"\x85" * DEEP + b"Q",
    "a list that holds itself": b"]q\x00h\x00a",
    "a list filled later": b"]q\x00]h\x00ah\x00" + b"]" * DEEP + b"a" * DEEP,
    "arguments": b"ccollections\nOrderedDict\n)" + b"\x85" * DEEP + b"R",
    "no value to take": b"a",
    "no mark": b")t",
    "no such memo": b"h\x07",
}  # fmt: skip


@pytest.mark.parametrize("case", NESTED)
def test_nested_containers_are_a_sentence(tmp_path, case):
    refused(archive(tmp_path / "w.pt", NESTED[case]))


@pytest.mark.parametrize("case", ["tuples", "a tuple that doubles, as a key", "states of OrderedDicts"])
def test_the_check_itself_refuses(tmp_path, case):
    """Not only torch, which would already have built the value."""
    with pytest.raises(ValueError, match="nested"):
        check_pickle(archive(tmp_path / "w.pt", NESTED[case]))


@pytest.mark.parametrize("zipped", [True, False])
def test_a_training_checkpoint_is_not_too_deep(tmp_path, zipped):
    model = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3))
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.ones(2, 3)).sum().backward()
    optimizer.step()
    content = {"state_dict": model.state_dict(), "optimizer": optimizer.state_dict(), "hooks": [{"a": ((1, 2), [3])}]}
    torch.save(content, tmp_path / "w.pt", _use_new_zipfile_serialization=zipped)
    assert read_weights(tmp_path / "w.pt").keys() == model.state_dict().keys()


TORCH_FILES: dict[str, Callable[[Path], Path]] = {
    "one number, a petabyte long": lambda path: saved(path, {"a": torch.zeros(1).expand(PETABYTE)}),
    "no numbers at all": lambda path: saved(path, {"a": torch.empty(PETABYTE, device="meta")}),
    "sparse": lambda path: saved(path, {"a": torch.eye(2).to_sparse()}),
    "complex": lambda path: saved(path, {"a": torch.ones(2, dtype=torch.complex64)}),
    "names that are numbers": lambda path: saved(path, {1: torch.ones(1)}),
    "NaN": lambda path: saved(path, {"a": torch.tensor([1.0, float("nan")])}),
    "compressed": deflated,
    "too many numbers": claimed,
    "gigabytes": asking,
    "no zip behind its beginning": lambda path: path.write_bytes(b"PK\x03\x04" + bytes(100)) and path,
}


@pytest.mark.filterwarnings("ignore:Sparse invariant")
@pytest.mark.parametrize("case", TORCH_FILES)
def test_a_hostile_torch_file_is_a_sentence(tmp_path, case):
    refused(TORCH_FILES[case](tmp_path / "w.pt"))


def test_each_refusal_takes_less_than_a_second(tmp_path):
    """The promise in numbers, on the slow cases: a header as long as it may be, and gigabytes asked for."""
    longest = many_tensors()[: MAX_HEADER - 70].rpartition(b"},")[0] + b'},"z":{"dtype":"F99"}}'
    files = [
        safetensors(tmp_path / "long.safetensors", longest),
        safetensors(tmp_path / "claims.safetensors", *HEADERS["20,000 tensors"]),
        asking(tmp_path / "asking.pt"),
        deflated(tmp_path / "deflated.pt"),
    ]
    for file in files:
        began = time.process_time()
        refused(file)
        assert time.process_time() - began < 1.0, file.name


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are Linux's")
def test_torch_makes_no_room_for_what_is_claimed(tmp_path):
    """In a process of its own whose memory cannot grow by a quarter of a gigabyte: what torch allocates counts, too."""
    files = [safetensors(tmp_path / f"{n}.safetensors", *case) for n, case in enumerate(HEADERS.values())]
    files += [make(tmp_path / f"{n}.pt") for n, make in enumerate(TORCH_FILES.values())]
    program = """
import resource, sys
from pathlib import Path
from core.encoders.weights import read_weights
from core.errors import InputError
pages = int(Path("/proc/self/statm").read_text().split()[0])
limit = pages * resource.getpagesize() + 2**28
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
for file in sys.argv[1:]:
    try:
        read_weights(Path(file))
    except InputError as error:
        assert "MemoryError" not in str(error), error
    else:
        raise AssertionError(file)
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", program, *map(str, files)], check=True)


@pytest.mark.parametrize(
    "type_", [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.bool]
)
@pytest.mark.parametrize("zipped", [True, False])
def test_what_models_are_made_of_is_read(tmp_path, type_, zipped):
    kept = {"a": torch.ones(3, 2, dtype=type_), "turned": torch.ones(3, 2, dtype=type_).T, "empty": torch.ones(0)}
    content = {"epoch": 3, "name": "run", "state_dict": kept, "optimizer": {"state": {0: {"step": torch.tensor(3.0)}}}}
    file = saved(tmp_path / "w.pt", content, _use_new_zipfile_serialization=zipped)
    read = read_weights(file)
    assert all(torch.equal(read[name], kept[name]) for name in kept)
    parameters = nn.ParameterDict({"a": nn.Parameter(torch.ones(2))}).state_dict(keep_vars=True)
    assert torch.equal(read_weights(saved(tmp_path / "p.pt", parameters))["a"], torch.ones(2))


def test_whole_numbers_are_no_weights():
    model = nn.Linear(2, 2)
    weights = {"weight": torch.ones(2, 2, dtype=torch.int64), "bias": torch.ones(2)}
    with pytest.raises(InputError, match=r"weight .*int64.*float32"):
        load_into(model, weights, "the model")
