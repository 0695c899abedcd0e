"""Translation with a real Marian model of random weights: what is put to it, how often, and what is kept."""

import shutil
import sqlite3
from pathlib import Path

import pytest
import torch
from transformers import MarianMTModel

from core.data.translation.cache import TranslationCache
from core.data.translation.marian import Translator, translate_all
from core.errors import InputError
from core.hub.client import HubError
from tests.local_hub import LocalHub
from tests.models import MARIAN_CONTEXT

TEXTS = ["Ein red circle steht am Wasser. Ein blue square.", "Ein blue square.", "persons;Ada|orgs;Royal Society", ""]
LINKED = "Ein blue square. https://t.co/x"  # cleaned, it is the second of them


class StoppedError(Exception):
    """The process ends here."""


@pytest.fixture
def translator(marian: Path) -> Translator:
    return Translator(str(marian), torch.device("cpu"))


@pytest.fixture
def cache(tmp_path: Path):
    with TranslationCache(tmp_path / "sentences.sqlite") as opened:
        yield opened


def test_each_distinct_sentence_is_translated_once_and_in_its_place(translator, cache):
    english, count = translate_all([*TEXTS, LINKED, *TEXTS], "de", translator, cache)
    first, second = (translator([sentence])[0] for sentence in ("Ein red circle steht am Wasser.", "Ein blue square."))
    assert first
    assert second
    assert first != second
    assert count == 2
    assert english == {
        TEXTS[0]: f"{first} {second}", TEXTS[1]: second, TEXTS[2]: TEXTS[2], "": "", LINKED: second,
    }  # fmt: skip


def test_the_longest_sentences_come_first(translator, cache, monkeypatch):
    put: list[str] = []
    monkeypatch.setattr(Translator, "__call__", lambda _, sentences: put.extend(sentences) or [""] * len(sentences))
    translate_all(["Ein" + " blue" * n + "." for n in (1, 9, 5, 7, 3)] * 2, "de", translator, cache)
    assert [sentence.count("blue") for sentence in put] == [9, 7, 5, 3, 1]


def test_a_second_time_nothing_is_translated(translator, cache, monkeypatch):
    english, _ = translate_all(TEXTS, "de", translator, cache)
    monkeypatch.setattr(Translator, "__call__", lambda *_: pytest.fail("translated again"))
    assert translate_all(TEXTS, "de", translator, cache) == (english, 0)


def test_stopped_in_the_middle_it_goes_on_after_the_last_batch(translator, cache, monkeypatch, tmp_path):
    texts = [f"Ein {number} circle." for number in range(40)]
    whole, seen = Translator.__call__, []

    def stop(self: Translator, sentences: list[str]) -> list[str]:
        if len(seen) == 2:
            raise StoppedError
        seen.append(sentences)
        return whole(self, sentences)

    monkeypatch.setattr(Translator, "__call__", stop)
    with pytest.raises(StoppedError):
        translate_all(texts, "de", translator, cache)
    monkeypatch.setattr(Translator, "__call__", whole)
    done = sum(map(len, seen))
    assert done == 2 * translator.batch_size
    with TranslationCache(tmp_path / "sentences.sqlite") as another:  # it is on disk, whatever ends the process
        assert len(another.known(sentence for batch in seen for sentence in batch)) == done
    english, count = translate_all(texts, "de", translator, cache)
    assert count == 40 - done
    assert len(english) == 40


def test_a_batch_gives_what_each_sentence_gives_alone(translator):
    sentences = ["Ein red circle.", "Ein blue square steht am Wasser.", "One two."]
    assert translator(sentences) == [translator([sentence])[0] for sentence in sentences]


def test_a_sentence_longer_than_the_context_is_cut_without_losing_a_word(translator):
    long = " ".join(["Wasser"] * 60) + "."
    parts = translator.sentences_of(long, "de")
    assert len(parts) > 1
    assert " ".join(parts) == long
    assert all(translator.length(part) <= MARIAN_CONTEXT for part in parts)
    endless = "Wasser" * 40
    parts = translator.sentences_of(endless, "de")
    assert len(parts) > 1
    assert "".join(parts) == endless


def test_other_weights_have_another_fingerprint(translator, marian, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    for file in marian.iterdir():
        (other / file.name).write_bytes(file.read_bytes())
    assert Translator(str(other), torch.device("cpu")).fingerprint == translator.fingerprint
    weights = other / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    assert Translator(str(other), torch.device("cpu")).fingerprint != translator.fingerprint


def test_a_folder_that_is_no_model_is_said(tmp_path):
    with pytest.raises(InputError, match=r"Marian.*config\.json.*source\.spm"):
        Translator(str(tmp_path), torch.device("cpu"))


def test_a_model_that_cannot_be_fetched_is_said_with_what_to_do(local_hub: LocalHub):
    with pytest.raises(HubError, match=r"opus-mt-de-en.*--model /path.*lite-multilingual"):
        Translator("Helsinki-NLP/opus-mt-de-en", torch.device("cpu"))


def _as_published(marian: Path, folder: Path, *, zipped: bool) -> Path:
    """The model laid out as OPUS-MT's repositories are: a pickle of weights, and the same for other libraries."""
    shutil.copytree(marian, folder)
    weights = MarianMTModel.from_pretrained(folder).state_dict()
    torch.save(weights, folder / "pytorch_model.bin", _use_new_zipfile_serialization=zipped)
    (folder / "model.safetensors").unlink()
    for name in ("tf_model.h5", "rust_model.ot", "README.md", ".gitattributes"):
        (folder / name).write_text("not for transformers")
    return folder


@pytest.mark.parametrize("zipped", [True, False])  # as PyTorch 1.6 and later write them, and as before
def test_a_model_comes_from_the_hub_as_it_is_published(local_hub: LocalHub, translator, marian, tmp_path, zipped: bool):
    local_hub.add("Helsinki-NLP/opus-mt-de-en", _as_published(marian, tmp_path / "published", zipped=zipped))
    fetched = Translator("Helsinki-NLP/opus-mt-de-en", torch.device("cpu"))
    sentences = ["Ein red circle steht am Wasser.", "Ein blue square."]
    assert fetched(sentences) == translator(sentences)
    asked = {Path(request.path).name for request in local_hub.requests}
    assert {"pytorch_model.bin", "source.spm", "target.spm", "generation_config.json"} <= asked
    assert not asked & {"tf_model.h5", "rust_model.ot", "README.md"}
    before = len(local_hub.requests)
    assert Translator("Helsinki-NLP/opus-mt-de-en", torch.device("cpu")).fingerprint == fetched.fingerprint
    assert len(local_hub.requests) == before


def test_of_two_formats_one_is_fetched(local_hub: LocalHub, marian: Path, tmp_path: Path):
    folder = _as_published(marian, tmp_path / "published", zipped=True)
    shutil.copy(marian / "model.safetensors", folder)
    local_hub.add("Helsinki-NLP/opus-mt-de-en", folder)
    assert Translator("Helsinki-NLP/opus-mt-de-en", torch.device("cpu"))(["Ein blue square."])
    assert local_hub.asked_for("model.safetensors")
    assert not local_hub.asked_for("pytorch_model.bin")


def test_a_pickle_of_more_than_weights_is_not_loaded(local_hub: LocalHub, marian: Path, tmp_path: Path):
    folder = _as_published(marian, tmp_path / "published", zipped=True)
    torch.save({"model.shared.weight": torch.zeros(2), "path": Path("x")}, folder / "pytorch_model.bin")
    local_hub.add("Helsinki-NLP/opus-mt-de-en", folder)
    with pytest.raises(InputError, match=r"pytorch_model\.bin .*pathlib.*state_dict"):
        Translator("Helsinki-NLP/opus-mt-de-en", torch.device("cpu"))


def test_a_damaged_cache_is_begun_anew(tmp_path):
    file = tmp_path / "sentences.sqlite"
    file.write_bytes(b"no database at all" * 100)
    with TranslationCache(file) as cache:
        assert cache.known(["a"]) == {}
        cache.add({"a": "b"})
        cache.add({"a": "b"})  # as two processes at once do
        assert cache.known(["a", "c"]) == {"a": "b"}


def test_a_cache_of_something_else_is_begun_anew(tmp_path):
    file = tmp_path / "sentences.sqlite"
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE translations (something TEXT)")
    connection.close()
    with TranslationCache(file) as cache:
        cache.add({"a": "b"})
        assert cache.known(["a"]) == {"a": "b"}
