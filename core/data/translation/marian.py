"""Machine translation into English with a Marian model (OPUS-MT, Tiedemann and Thottingal 2020), as in the paper.

Marian models are trained on single sentences, so texts are translated sentence by sentence, each distinct sentence
once, in batches of similar length.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import torch

from core.data.entities.tags import entities_of
from core.data.text_cleaning import clean, sentences
from core.data.translation.cache import TranslationCache
from core.errors import InputError, shortened
from core.hub.client import hub_folder, silent_logs
from core.progress import progress_reporter
from core.storage.files import file_fingerprint, fingerprint
from core.storage.weight_checks import check_pretrained

#: Files needed from a model's repository, which also has the same weights for other libraries.
_FILES = ("*.json", "*.spm")
_WEIGHTS = ("model.safetensors", "model-*.safetensors", "pytorch_model.bin")
_FORMAT = 1  # increase it when the same model would translate the same text differently
# Memory grows with beams × sentences; finished translations are saved after each batch.
_CPU_BATCH, _ACCELERATOR_BATCH = 16, 128


class Translator:
    """A Marian model on disk; its weights are loaded with the first sentence.

    name: as given by the user. fingerprint: of the model's files and the preprocessing.
    """

    def __init__(self, name: str, device: torch.device) -> None:
        """Find the model and load its tokenizer. Raises InputError: not found, or not downloadable from a hub."""
        self.name, self.device = name, device
        self._folder = _folder_of(name)
        files = sorted(
            file for file in self._folder.iterdir() if any(file.match(pattern) for pattern in _FILES + _WEIGHTS)
        )
        self.fingerprint = fingerprint(_FORMAT, [(file.name, file_fingerprint(file)) for file in files])
        self._tokenizer = self._load("MarianTokenizer")
        self._model: Any = None

    def __call__(self, texts: Sequence[str]) -> list[str]:
        """Translate one batch of sentences, which `sentences_of` returned, into English."""
        if self._model is None:
            self._model = self._load("MarianMTModel").eval().to(self.device)
        tokens = self._tokenizer(list(texts), return_tensors="pt", padding=True).to(self.device)
        with torch.inference_mode():
            generated = self._model.generate(**tokens, max_length=self._context)
        return [text.strip() for text in self._tokenizer.batch_decode(generated, skip_special_tokens=True)]

    @property
    def batch_size(self) -> int:
        """Sentences per batch."""
        return _CPU_BATCH if self.device.type == "cpu" else _ACCELERATOR_BATCH

    def sentences_of(self, text: str, language: str) -> list[str]:
        """Return the sentences of a text; a sentence longer than the model's context is halved until it fits."""
        return [part for sentence in sentences(text, language) for part in self._fitting(sentence)]

    def length(self, sentence: str) -> int:
        """Return the length of a sentence in tokens."""
        return len(self._tokenizer(sentence, verbose=False)["input_ids"])

    @property
    def _context(self) -> int:
        return int(self._tokenizer.model_max_length)

    def _fitting(self, sentence: str) -> list[str]:
        if self.length(sentence) <= self._context or len(sentence) < 2:
            return [sentence]
        words = sentence.split(" ")
        middle = len(" ".join(words[: len(words) // 2])) or len(sentence) // 2
        return self._fitting(sentence[:middle]) + self._fitting(sentence[middle:].strip())

    def _load(self, class_name: str) -> Any:
        import transformers  # takes seconds

        transformers.utils.logging.disable_progress_bar()  # weights load in a second; keep stderr for messages
        try:
            check_pretrained(self._folder)
            with silent_logs():
                return getattr(transformers, class_name).from_pretrained(self._folder, local_files_only=True)
        except InputError:
            raise
        except Exception as error:  # transformers raises many types for an unsuitable folder
            raise InputError(
                f"{self._folder} cannot be loaded as a Marian model ({type(error).__name__}: "
                f"{shortened(str(error))}). Expected a folder with config.json, source.spm, target.spm, vocab.json and "
                f"the weights, as in a download of Helsinki-NLP/opus-mt-de-en."
            ) from error


def _folder_of(name: str) -> Path:
    return hub_folder(
        name,
        _FILES,
        _WEIGHTS,
        what=f"the translation model '{name}'",
        instead="download it on a machine with a network and use --model /path/of/its/folder; or skip the translation "
        "and train lite-multilingual, which reads German and fourteen other languages",
    )


def translate_all(
    texts: Iterable[str], language: str, translator: Translator, cache: TranslationCache
) -> tuple[dict[str, str], int]:
    """Return the English of each distinct text, cleaned first, and the number of newly translated sentences.

    Entity tags are names and stay unchanged. Earlier translations come from the cache.
    """
    cut = {
        text: [] if entities_of(text) is not None else translator.sentences_of(clean(text), language)
        for text in dict.fromkeys(texts)
    }
    wanted = list(dict.fromkeys(sentence for parts in cut.values() for sentence in parts))
    english = cache.known(wanted)
    missing = [sentence for sentence in wanted if sentence not in english]
    with progress_reporter("Translating sentences") as report:
        report(0, len(missing))
        _translate(missing, translator, cache, english, lambda done: report(done, len(missing)))
    joined = {
        text: text if entities_of(text) is not None else " ".join(english[sentence] for sentence in parts)
        for text, parts in cut.items()
    }
    return joined, len(missing)


def _translate(
    missing: list[str],
    translator: Translator,
    cache: TranslationCache,
    english: dict[str, str],
    report: Callable[[int], None],
) -> None:
    """Fill `english`, the longest sentences first, so that a lack of memory shows at once."""
    by_length = sorted(missing, key=translator.length, reverse=True)
    done = 0
    for start in range(0, len(by_length), translator.batch_size):
        batch = by_length[start : start + translator.batch_size]
        translations = dict(zip(batch, translator(batch), strict=True))
        cache.add(translations)
        english |= translations
        done += len(batch)
        report(done)
