"""What most tests need: places of their own, a small picture domain, tiny CLIP models, the built-in encoders once."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import open_clip
import pandas as pd
import pytest
import torch
from filelock import FileLock
from PIL import Image, ImageDraw
from safetensors.torch import save_file

from core.cli.main import main
from core.data.domain import Domain
from core.data.importers import import_domain
from core.encoders.base import TOWERS as TOWER_NAMES
from core.encoders.base import Encoder
from core.encoders.clip.encoder import load_clip
from core.encoders.loading import load_encoder
from core.progress import PROGRESS_FILE, QUIET
from core.workspace.folders import Workspace
from tests.local_hub import LocalHub, point_to

# On tiny models threads mostly wait for each other, and twice so where the cores are shared.
torch.set_num_threads(1)
if "PYTEST_XDIST_WORKER" in os.environ:  # the same in the processes that tests start
    os.environ.setdefault("OMP_NUM_THREADS", "1")

COLOURS = {
    "red": (220, 30, 30),
    "green": (30, 200, 60),
    "blue": (30, 60, 220),
    "yellow": (230, 220, 40),
    "black": (10, 10, 10),
    "pink": (240, 130, 190),
}
SHAPES = ("circle", "square", "triangle")
MARIAN_CONTEXT = 40

TOWERS: dict[str, Any] = {
    "embed_dim": 32,
    "vision_cfg": {"image_size": 32, "layers": 2, "width": 32, "head_width": 16, "patch_size": 16},
    "text_cfg": {"context_length": 16, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2},
}
TINY_MODELS: dict[str, dict[str, Any]] = {
    "TinyClip": TOWERS,
    "TinyCustom": TOWERS | {"custom_text": True},
    "TinyConv": TOWERS
    | {"vision_cfg": {"image_size": 32, "layers": [1, 1, 1, 1], "width": 8, "head_width": 16, "patch_size": None}},
}


@dataclass(frozen=True)
class Outcome:
    """How a verb ended, and what it said."""

    status: int
    out: str
    err: str

    @property
    def record(self) -> dict[str, Any]:
        """What `--json` printed; fails if there is anything but one object on stdout."""
        return json.loads(self.out)


Verb = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test sees another's settings, nor the workspace of whoever runs the tests."""
    monkeypatch.setenv(QUIET, "1")
    monkeypatch.delenv(PROGRESS_FILE, raising=False)
    monkeypatch.setenv("REMATCH_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.setenv("REMATCH_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace", tmp_path / "cache")


@pytest.fixture
def local_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalHub]:
    """A model hub on this machine that is used in place of the real one, with an empty cache."""
    with LocalHub() as hub:
        point_to(hub, tmp_path / "hub-home", monkeypatch)
        yield hub


@pytest.fixture
def verb(capsys: pytest.CaptureFixture[str]) -> Verb:
    """Run one verb of the command line in this process."""

    def run(*arguments: object) -> Outcome:
        capsys.readouterr()
        status = main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Outcome(status, said.out, said.err)

    return run


def draw(colour: str, shape: str, shift: int) -> Image.Image:
    image = Image.new("RGB", (48, 40), "white")
    pen = ImageDraw.Draw(image)
    box = (6 + shift, 4 + shift, 36 + shift, 34 + shift)
    if shape == "triangle":
        pen.polygon([(box[0], box[3]), (box[2], box[3]), ((box[0] + box[2]) // 2, box[1])], COLOURS[colour])
    else:
        {"circle": pen.ellipse, "square": pen.rectangle}[shape](box, COLOURS[colour])
    return image


def write_shapes(folder: Path, count: int) -> Path:
    """A table `articles.csv` of `count` articles and their pictures in `images/`: coloured shapes and what they are."""
    (folder / "images").mkdir(parents=True)
    rows = []
    for number in range(1, count + 1):
        colour, shape = list(COLOURS)[number % 6], SHAPES[number // 6 % 3]
        draw(colour, shape, number % 5).save(folder / "images" / f"{number}.png")
        rows.append({"article_id": number, "title": f"a {colour} {shape}", "image_file": f"{number}.png"})
    pd.DataFrame(rows).to_csv(folder / "articles.csv", index=False)
    return folder / "articles.csv"


@pytest.fixture(scope="session")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The table of 60 coloured shapes; the first 48 are train, the last 12 val."""
    return write_shapes(tmp_path_factory.mktemp("shapes"), 60)


@pytest.fixture(scope="session")
def many_shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """540 coloured shapes, so that val's gallery (108) is longer than a list of 100."""
    return write_shapes(tmp_path_factory.mktemp("many"), 540)


@pytest.fixture
def shapes_domain(shapes: Path, workspace: Workspace) -> Domain:
    return import_domain(shapes, workspace.domain_folder("shapes"), language="en").domain


@pytest.fixture(scope="session")
def tiny_names(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Model → the encoder name of its random weights on disk."""
    folder = tmp_path_factory.mktemp("tiny")
    names = {}
    for number, (model, config) in enumerate(TINY_MODELS.items()):
        (folder / f"{model}.json").write_text(json.dumps(config))
        open_clip.add_model_config(folder / f"{model}.json")
        torch.manual_seed(number)
        weights = open_clip.create_model(model).state_dict()
        save_file(weights, folder / f"{model}.safetensors")
        names[model] = f"{model}:{folder / model}.safetensors"
    return names


@pytest.fixture(scope="session")
def tiny_name(tiny_names: dict[str, str]) -> str:
    return tiny_names["TinyClip"]


@pytest.fixture
def tiny(tiny_name: str) -> Encoder:
    return load_clip(tiny_name).eval()


@pytest.fixture(scope="session")
def lite_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with what the built-in encoders make of ImageNet's classes: a quarter of a minute, once for all tests.

    One process at a time loads them, so that the second finds what the first made.
    """
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "lite-cache"
    with FileLock(f"{folder}.lock"):
        for name in ("lite", "lite-multilingual"):
            load_encoder(name, torch.device("cpu"), folder)
    return folder


@pytest.fixture
def lite_is_there(lite_cache: Path, workspace: Workspace) -> None:
    """Spares a test, and the processes that it starts, the quarter of a minute."""
    shutil.copytree(lite_cache, workspace.cache, dirs_exist_ok=True)


@pytest.fixture(scope="session")
def _lite(lite_cache: Path) -> Encoder:
    return load_encoder("lite", torch.device("cpu"), lite_cache)


@pytest.fixture(scope="session")
def _lite_multilingual(lite_cache: Path) -> Encoder:
    return load_encoder("lite-multilingual", torch.device("cpu"), lite_cache)


def _as_it_was(encoder: Encoder) -> Iterator[Encoder]:
    before = {key: tensor.clone() for key, tensor in encoder.state_dict().items()}
    yield encoder
    for tower in TOWER_NAMES:
        encoder.compute_in(tower, torch.float32)
    encoder.set_weights(before)
    encoder.eval().requires_grad_(False)


@pytest.fixture
def lite(_lite: Encoder) -> Iterator[Encoder]:
    """The real `lite`, loaded once; each test finds it with its zero-shot weights."""
    yield from _as_it_was(_lite)


@pytest.fixture
def lite_multilingual(_lite_multilingual: Encoder) -> Iterator[Encoder]:
    yield from _as_it_was(_lite_multilingual)


@pytest.fixture(scope="session")
def marian(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as a download of an OPUS-MT model: random weights, a vocabulary learned from a few sentences."""
    import sentencepiece
    from transformers import MarianConfig, MarianMTModel

    folder = tmp_path_factory.mktemp("marian")
    said = folder / "sentences.txt"
    said.write_text(
        "\n".join(f"Ein {colour} {shape} steht am Wasser. One two." for colour in COLOURS for shape in SHAPES)
    )
    for side in ("source", "target"):
        sentencepiece.SentencePieceTrainer.train(
            input=str(said), model_prefix=str(folder / side), vocab_size=64, hard_vocab_limit=False, minloglevel=2
        )
        (folder / f"{side}.model").rename(folder / f"{side}.spm")
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "source.spm"))
    words = [pieces.id_to_piece(number) for number in range(3, pieces.get_piece_size())]
    vocabulary = {piece: number for number, piece in enumerate(["</s>", "<unk>", *words, "<pad>"])}
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    names = {
        "source_lang": "de",
        "target_lang": "en",
        "model_max_length": MARIAN_CONTEXT,
        "tokenizer_class": "MarianTokenizer",
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(names))
    torch.manual_seed(0)
    last = len(vocabulary) - 1
    config = MarianConfig(
        vocab_size=len(vocabulary), d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=16, decoder_ffn_dim=16, max_position_embeddings=MARIAN_CONTEXT,
        pad_token_id=last, eos_token_id=0, decoder_start_token_id=last, forced_eos_token_id=0,
        init_std=0.5,  # with the usual 0.02 it would write the same whatever it reads
    )  # fmt: skip
    MarianMTModel(config).save_pretrained(folder)
    return folder
