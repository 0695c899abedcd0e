"""Domains: articles with their images, and the runs that are fine-tuned on them."""

from collections.abc import Mapping
from dataclasses import fields, replace
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd

from core.data import domain as stored
from core.data.query_text import Reading
from core.encoders.choices import DeviceChoice, default_encoder_name
from core.encoders.name_checks import check_encoder_name
from core.errors import InputError
from core.presentation.import_report import REPORT_COLUMNS, read_report
from core.training.settings import Settings, default_settings
from core.workspace.folders import Workspace
from core.workspace.rename_and_delete import rename_run
from core.workspace.run_names import check_new_name
from core.workspace.runs import find_run, load_runs
from rematch.run import Run


class Domain:
    """Articles of one source with their images, split in time. Get one from `Workspace.domain`.

    It holds the articles as of the time it was opened; open it again after a new import.

    Examples:
        >>> ws.domain("my-news").language
        'en'
    """

    def __init__(self, folders: Workspace, name: str, device: DeviceChoice) -> None:
        self._folders, self._device = folders, device
        self._domain: stored.Domain = self._folders.load_domain(name)

    @property
    def name(self) -> str:
        """The name that commands take as `--domain`."""
        return self._domain.info.slug

    @property
    def title(self) -> str:
        """The name that the app shows."""
        return self._domain.info.title

    @property
    def language(self) -> str:
        """The language of most articles, two letters."""
        return self._domain.info.language

    @property
    def articles(self) -> pd.DataFrame:
        """A copy of the articles, one row each, in order of time.

        Columns: article_id, title, text, title_en, text_en, language, published_at, url, image_id, image_file,
        image_hash, split, planted (cause, in the demo), then extra columns of the import.

        Examples:
            >>> domain.articles[["article_id", "title", "split"]].head(2)
              article_id            title  split
            0          1   a green circle  train
            1          2    a blue circle  train
        """
        return self._domain.articles.copy()

    def image_files(self, articles: pd.DataFrame) -> list[Path]:
        """Return the image file of each row of `articles`, some or all rows of `Domain.articles`.

        Examples:
            >>> [file.name for file in domain.image_files(domain.articles.head(2))]
            ['1.png', '2.png']
        """
        return [self._domain.images_root / file for file in articles["image_file"]]

    def left_out(self) -> pd.DataFrame:
        """Return the rows that the import left out, with the reason; empty for the demo.

        Columns: file, line, article_id, image (names that were tried), reason, detail.

        Examples:
            >>> len(domain.left_out())
            0
        """
        report = read_report(self._domain)
        return report.rows if report is not None else pd.DataFrame(columns=REPORT_COLUMNS)

    def runs(self) -> list[Run]:
        """Return all finished runs, oldest first.

        Examples:
            >>> [run.name for run in domain.runs()]
            ['first']
        """
        return [self._run(run.info.name) for run in load_runs(self._folders, self.name)]

    def run(self, name: str | None = None) -> Run:
        """Return the run called `name`, or the newest. Raises InputError that lists the existing runs.

        Examples:
            >>> domain.run("first").is_swept
            True
        """
        return self._run(name)

    def fine_tune(
        self,
        name: str | None = None,
        encoder: str | None = None,
        tune: str | None = None,
        *,
        reading: Reading | None = None,
        **settings: Any,
    ) -> Run:
        """Fine-tune an encoder on the train split and return the new run.

        Args:
            name: of the run: lower-case letters, digits and single hyphens; from encoder and `tune` if not given.
            encoder: `lite`, `lite-multilingual`, MODEL:WEIGHTS or hf-hub:NAME of open_clip, or hf:NAME of
                transformers; chosen by the domain's language if not given.
            tune: `head`, `text`, `last:N`, `lora:R` or `all`; the encoder's usual choice if not given.
            reading: parts of an article that are encoded; its title and text if not given.
            settings: fields of `core.training.settings.Settings`, such as epochs, lr, batch_size and seed. The
                remaining ones have the encoder's defaults.

        Raises:
            InputError: unknown setting, value out of range, name in use, too few articles or unknown encoder.

        Examples:
            >>> run = domain.fine_tune("second", tune="head", epochs=2, batch_size=16)
            >>> run.history()["epoch"].tolist()
            [0, 1, 2]
        """
        encoder = encoder or default_encoder_name(self.language, self._domain.has_english)
        _check_settings(settings)
        chosen = replace(default_settings(encoder, tune), **settings)
        if name is not None:
            check_new_name(self._folders, self.name, name)
        check_encoder_name(encoder)  # before torch is imported
        from core.experiment.train import train_run

        run, _ = train_run(self._domain, encoder, chosen, reading or Reading(), self._device, self._folders, name=name)
        return self._run(run.info.name)

    def import_run(
        self,
        zero_shot: str,
        fine_tuned: str | PathLike[str],
        name: str | None = None,
        *,
        reading: Reading | None = None,
    ) -> Run:
        """Make a run from weights that were fine-tuned elsewhere: α = 0 is `zero_shot`, α = 1 the file.

        Args:
            zero_shot: the model before fine-tuning: MODEL:WEIGHTS, hf-hub:NAME or hf:NAME.
            fine_tuned: weights after fine-tuning, of the same architecture: a file, or a folder of transformers.
            name: of the run, as in `fine_tune`.
            reading: parts of an article that are encoded; its title and text if not given.

        Raises:
            InputError: another architecture, weights equal to `zero_shot`, or name in use.

        Examples:
            >>> run = domain.import_run(zero_shot=run.encoder, fine_tuned="tuned.safetensors", name="elsewhere")
            >>> run.sweep(alphas=[0.5]).curve["alpha"].tolist()
            [0.0, 0.5, 1.0]
        """
        if name is not None:
            check_new_name(self._folders, self.name, name)
        from core.experiment.import_run import import_run

        run, _ = import_run(
            self._domain, zero_shot, Path(fine_tuned), reading or Reading(), self._device, self._folders
        )
        return self._rename(run.info.name, name)

    def _rename(self, given: str, name: str | None) -> Run:
        if name is not None:
            rename_run(self._folders, self.name, given, name)
        return self._run(name or given)

    def _run(self, name: str | None) -> Run:
        return Run(find_run(self._folders, self.name, name), self._domain, self._folders, self._device)

    def __repr__(self) -> str:
        counts = self._domain.articles["split"].value_counts()
        splits = ", ".join(f"{split} {counts[split]}" for split in ("train", "val", "test") if split in counts)
        runs = len(load_runs(self._folders, self.name))
        return f"<Domain '{self.name}': {counts.sum()} articles ({splits}), {runs} run{'s' * (runs != 1)}>"


def _check_settings(settings: Mapping[str, Any]) -> None:
    names = [field.name for field in fields(Settings) if field.name != "tune"]
    if unknown := [name for name in settings if name not in names]:
        raise InputError(f"fine_tune has no setting '{unknown[0]}'; expected one of {', '.join(names)}.")
