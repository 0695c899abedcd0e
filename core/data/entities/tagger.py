"""Named entity recognition with a transformers token-classification model, from a folder or a hub.

Supports any model with the labels of CoNLL-2003 (PER, LOC, ORG) or OntoNotes (PERSON, GPE, LOC, FAC, ORG), such as
dslim/bert-base-NER. The model reads one sentence at a time, since its context is short.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

from core.data.entities.rules import Mentions
from core.data.entities.tags import EntityKind
from core.data.text_cleaning import sentences
from core.errors import InputError, shortened
from core.hub.client import hub_folder, silent_logs
from core.progress import progress
from core.storage.weight_checks import check_pretrained

#: Files needed from a model's repository, which also has the same weights for other libraries.
_FILES = ("*.json", "*.txt", "*.model")
_WEIGHTS = ("model.safetensors", "model-*.safetensors", "pytorch_model.bin")
#: Labels without B- or I-.
_KINDS: dict[str, EntityKind] = {
    "PER": "persons",
    "PERSON": "persons",
    "LOC": "places",
    "GPE": "places",
    "FAC": "places",
    "ORG": "organisations",
}
_BATCH = 32


class Tagger:
    """A token-classification model. name: as given by the user."""

    def __init__(self, name: str, device: torch.device) -> None:
        """Load the model. Raises InputError: not found, not downloadable, not such a model, or without these labels."""
        self.name = name
        self._pipeline = _load(_folder_of(name), device)
        labels = self._pipeline.model.config.id2label.values()
        if not any(_kind_of(label) for label in labels):
            raise InputError(
                f"the tagger '{name}' has the labels {', '.join(map(str, labels))}; choose a model with some of "
                f"{', '.join(_KINDS)}."
            )

    def __call__(self, texts: Sequence[str], languages: Sequence[str]) -> list[Mentions]:
        """Return the mentions of each text, in order. languages: two letters each, for splitting into sentences."""
        parts = [
            (row, part)
            for row, (text, language) in enumerate(zip(texts, languages, strict=True))
            for part in sentences(text, language)
        ]
        found: list[dict[EntityKind, set[str]]] = [{} for _ in texts]
        for row, kind, name in self._names(parts):
            found[row].setdefault(kind, set()).add(name)
        return [Mentions(**{kind: tuple(sorted(names)) for kind, names in kinds.items()}) for kinds in found]

    def _names(self, parts: Sequence[tuple[int, str]]) -> Iterator[tuple[int, EntityKind, str]]:
        starts = range(0, len(parts), _BATCH)
        for start in progress(starts, "Tagging sentences", len(starts)):
            batch = parts[start : start + _BATCH]
            marked = self._pipeline([part for _, part in batch], batch_size=_BATCH)
            for (row, part), spans in zip(batch, marked, strict=True):
                for span in spans:
                    kind = _kind_of(span["entity_group"])
                    name = part[span["start"] : span["end"]].strip().lower()
                    if kind and name:
                        yield row, kind, name


def _kind_of(label: str) -> EntityKind | None:
    return _KINDS.get(str(label).upper().rsplit("-", 1)[-1])


def _load(folder: Path, device: torch.device) -> Any:
    import transformers  # takes seconds

    transformers.utils.logging.disable_progress_bar()
    try:
        check_pretrained(folder)
        with silent_logs():
            tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
            model = transformers.AutoModelForTokenClassification.from_pretrained(folder, local_files_only=True)
            return transformers.pipeline(
                "token-classification", model=model, tokenizer=tokenizer, device=device, aggregation_strategy="simple"
            )
    except InputError:
        raise
    except Exception as error:  # transformers raises many types for an unsuitable folder
        raise InputError(
            f"{folder} cannot be loaded as a token-classification model ({type(error).__name__}: "
            f"{shortened(str(error))}). Expected a folder with config.json, the tokenizer's files and the weights, as "
            f"in a download of dslim/bert-base-NER."
        ) from error


def _folder_of(name: str) -> Path:
    return hub_folder(
        name,
        _FILES,
        _WEIGHTS,
        what=f"the tagger '{name}'",
        instead="download it on a machine with a network and use --tagger /path/of/its/folder; or omit --tagger: the "
        "built-in rules find names without it",
    )
