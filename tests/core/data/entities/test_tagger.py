"""A token-classification model as the tagger: loaded from a folder, its labels sorted into persons, places, others."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from core.data.entities.rules import Mentions
from core.data.entities.tagger import Tagger
from core.errors import InputError
from tests.local_hub import LocalHub
from tests.tiny_tagger import write_tagger

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("label", "kind"), [("B-PER", "persons"), ("I-GPE", "places"), ("LOC", "places"), ("B-ORG", "organisations")]
)
def test_what_is_marked_becomes_a_name_of_its_kind(label: str, kind: str, tmp_path: Path) -> None:
    tagger = Tagger(str(write_tagger(tmp_path / "tiny", ["O", label])), CPU)
    found = tagger(["Ada goes home", "", "rain"], ["en"] * 3)

    assert [getattr(one, kind) for one in found][1:] == [(), ("rain",)]
    assert "ada" in " ".join(getattr(found[0], kind))
    assert all(sum(map(len, (one.persons, one.places, one.organisations))) == len(getattr(one, kind)) for one in found)


def test_other_labels_are_no_names(tmp_path: Path) -> None:
    tagger = Tagger(str(write_tagger(tmp_path / "tiny", ["O", "B-MISC", "B-PER"])), CPU)
    assert tagger(["Ada goes home"], ["en"]) == [Mentions()]


def test_a_long_text_goes_through_in_sentences(tmp_path: Path) -> None:
    tagger = Tagger(str(write_tagger(tmp_path / "tiny", ["O", "PER"])), CPU)
    found = tagger(["Ada goes home. " * 40], ["en"])
    assert len(found) == 1
    assert found[0].persons


def test_it_comes_from_the_hub_in_one_format(tmp_path: Path, local_hub: LocalHub) -> None:
    folder = write_tagger(tmp_path / "tiny", ["O", "B-PER"])
    (folder / "pytorch_model.bin").write_bytes(b"the same for others")
    (folder / "onnx").mkdir()
    (folder / "onnx" / "model.onnx").write_bytes(b"not for transformers")
    local_hub.add("dslim/bert-base-NER", folder)
    found = Tagger("dslim/bert-base-NER", CPU)(["Ada goes home"], ["en"])
    assert found[0].persons
    assert local_hub.asked_for("model.safetensors")
    assert not local_hub.asked_for("pytorch_model.bin")
    assert not local_hub.asked_for("onnx/model.onnx")


def test_it_comes_from_the_hub_as_a_pickle(tmp_path: Path, local_hub: LocalHub) -> None:
    folder = write_tagger(tmp_path / "tiny", ["O", "B-PER"])
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    local_hub.add("dslim/bert-base-NER", folder)
    assert Tagger("dslim/bert-base-NER", CPU)(["Ada goes home"], ["en"])[0].persons


@pytest.mark.parametrize("what", ["nowhere/no-such-tagger", "empty", "other labels"])
def test_an_unusable_tagger_is_reported_with_the_remedy(what: str, tmp_path: Path, local_hub: LocalHub) -> None:
    if what == "empty":
        (tmp_path / "empty").mkdir()
        name, message = str(tmp_path / "empty"), r"empty .*token-classification.*config\.json"  # on one line
    elif what == "other labels":
        name, message = str(write_tagger(tmp_path / "tiny", ["POSITIVE", "NEGATIVE"])), "POSITIVE, NEGATIVE; .*ORG"
    else:
        name, message = what, "no-such-tagger.*--tagger"
    with pytest.raises(InputError, match=message):
        Tagger(name, CPU)
