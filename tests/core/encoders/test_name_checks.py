"""Checks of encoder names, without loading torch, with suggestions for typing errors."""

import os
import subprocess
import sys
import time
from pathlib import Path

import open_clip
import pytest

from core.encoders import catalogue
from core.encoders.catalogue import read_catalogue, tags_in
from core.encoders.name_checks import check_encoder_name
from core.errors import InputError

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def unloaded(monkeypatch) -> None:
    """Simulate the app's process, which never imports open_clip."""
    monkeypatch.delitem(sys.modules, "open_clip")


def test_the_catalogue_from_files_is_open_clips_list():
    read = read_catalogue()
    assert [(model, tag) for model in read.tags for tag in read.tags[model]] == open_clip.list_pretrained()
    configs = Path(open_clip.__file__).parent / "model_configs"
    assert read.models == {model for model in open_clip.list_models() if (configs / f"{model}.json").exists()}


def test_tags_are_read_from_either_way_of_writing_a_table():
    source = '_A = dict(x=_f(quick_gelu=True), y=_f())\n_PRETRAINED = {"A": _A, "B": {"z": _f(quick_gelu=False)}}'
    assert tags_in(source) == {"A": ("x", "y"), "B": ("z",), "A-quickgelu": ("x",)}


def test_models_that_were_added_to_open_clip_count(monkeypatch, tiny_name):
    with pytest.raises(InputError):
        check_encoder_name(tiny_name)
    monkeypatch.setitem(sys.modules, "open_clip", open_clip)
    check_encoder_name(tiny_name)


@pytest.mark.parametrize(
    "name",
    [
        "lite", "lite-multilingual", "ViT-B-32:openai", "ViT-B/32:laion2b-s34b-b79k", "ViT-B-16-SigLIP:WEBLI",
        "ViT-B-32-quickgelu:openai", "hf-hub:laion/CLIP-ViT-B-32", "hf:openai/clip-vit-base-patch32", "hf:gpt2",
        "ViT-B-32:HERE/weights.bin", "hf:HERE", "local-dir:HERE",
    ],
)  # fmt: skip
def test_names_that_can_lead_to_a_model_pass(name, tmp_path):
    (tmp_path / "weights.bin").touch()
    check_encoder_name(name.replace("HERE", str(tmp_path)))


@pytest.mark.parametrize(
    ("name", "keyword"),
    [
        ("ViT-B-32:opnai", "mean ViT-B-32:openai?"),
        ("ViT-B-32:LAION2B-s34b-b79", "mean ViT-B-32:laion2b_s34b_b79k?"),
        ("ViT-B-33:openai", "mean ViT-B-32:openai?"),
        ("vit-b-32:opnai", "mean ViT-B-32:openai?"),
        ("ViT-B-33:/w.pt", "mean ViT-B-32:/w.pt?"),
        ("lite-multilingal", "mean lite-multilingual?"),
        ("openai/clip-vit-base-patch32", "hf-hub:openai/clip-vit-base-patch32"),
        ("zzz", "MODEL:WEIGHTS"),
        ("", "MODEL:WEIGHTS"),
        ("ViT-B-32", "no weights"),
        ("ViT-B-32:", "such as openai"),
        ("ViT-B-32:zzz", "such as openai"),
        ("ViT-B-32:/nowhere/weights.safetensors", "no file /nowhere/weights.safetensors"),
        ("ViT-B-32:some/where", "no file"),
        ("ViT-B-32:weights.pt", "no file"),
        ("ViT-B-32:~unknown-user/w.pt", "no file ~unknown-user"),
        ("ViT-B-32:a\0b", "no file"),
        ("ViT-B-32:HERE", "is a folder"),
        ("local-dir:HERE/gone", "no folder"),
        ("local-dir:HERE/weights.bin", "is a file"),
        ("hf:/HERE/gone", "no folder"),
        ("hf-hub:a/b/c", "hf-hub:ORGANISATION/NAME"),
        ("hf:--json x", "hf:ORGANISATION/NAME"),
    ],
)
def test_other_names_are_refused_with_a_suggestion(name, keyword, tmp_path):
    (tmp_path / "weights.bin").touch()
    with pytest.raises(InputError) as refused:
        check_encoder_name(name.replace("HERE", str(tmp_path)))
    assert keyword in str(refused.value)
    assert str(refused.value).count("laion") <= 2, "the error lists a few tags only"


def test_a_name_is_checked_in_no_time():
    catalogue._installed.cache_clear()
    begun = time.perf_counter()
    for _ in range(20):
        with pytest.raises(InputError):
            check_encoder_name("ViT-B-32:opnai")
    assert time.perf_counter() - begun < 3.0


def test_the_command_line_refuses_a_name_without_loading_torch(shapes_domain):
    code = "import sys; from core.cli.main import main; print(main(sys.argv[1:])); print('torch' in sys.modules)"
    verb = ["train", "--domain", "shapes", "--encoder", "ViT-B-32:opnai"]
    ran = subprocess.run(
        [sys.executable, "-c", code, *verb], cwd=ROOT, capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert ran.stdout.split() == ["2", "False"]
    assert "mean ViT-B-32:openai?" in ran.stderr
