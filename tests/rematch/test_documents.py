"""The notebook, the script and the page about the API run as they are written, on a small workspace."""

import json
import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

import rematch as rm

ROOT = Path(rm.__file__).parents[1]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_quickstart_runs_cell_by_cell(namespace, execute, tiny_name):
    notebook = json.loads((ROOT / "examples" / "quickstart.ipynb").read_text(encoding="utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert {(cell["execution_count"], len(cell["outputs"])) for cell in cells} == {(None, 0)}, "strip the outputs"
    namespace["ws"].import_domain("articles.csv", name="demo-rss", language="en")
    names = execute(["".join(cell["source"]) for cell in cells], "quickstart.ipynb")
    assert names["sweep"].best_alpha == rm.Workspace().domain("demo-rss").run().best_alpha
    assert len(names["images"]) == len(names["texts"]) == 3


def test_the_page_runs_block_by_block(namespace, execute, monkeypatch, tmp_path):
    blocks = BLOCK.findall((ROOT / "docs" / "api.md").read_text(encoding="utf-8"))
    assert len(blocks) >= 10
    (tmp_path / "workspace").rename(tmp_path / "before")
    names = execute(blocks, "docs/api.md")
    assert names["clip"].training is False
    assert names["run"].best_alpha == names["sweep"].best_alpha


def test_every_reference_of_the_page_is_there():
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    targets = re.findall(r"^::: (\S+)$", page, re.MULTILINE)
    public = {f"rematch.{name}" for name in rm.__all__ if isinstance(getattr(rm, name), type)}
    assert public - set(targets) == {"rematch.Reading", "rematch.RematchError", "rematch.InputError"}
    for target in targets:
        module, _, name = target.rpartition(".")
        assert getattr(__import__(module, fromlist=[name]), name).__doc__


@pytest.fixture
def own_model():
    spec = spec_from_file_location("own_model", ROOT / "examples" / "own_model.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_ones_own_model_becomes_a_run(folder, own_model, tiny_name, capsys):
    architecture, _, weights = tiny_name.partition(":")
    run = own_model.main("my-news", architecture, weights)
    assert run.encoder == tiny_name
    assert run.is_swept
    curve = run.curve().set_index("alpha")["mrr@100"]
    assert curve[0.0] != curve[1.0], "the loop trained something"
    assert "WiSE-FT" in capsys.readouterr().out
