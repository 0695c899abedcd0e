"""Preparation of the demo: three synthetic domains with fine-tuned and swept runs.

Finished steps are skipped, so an interrupted demo resumes where it stopped.
"""

from collections.abc import Callable
from dataclasses import dataclass

from core.data.dates import DateColumn
from core.data.demo import DEMO_DOMAINS, write_newsroom
from core.data.domain import COLUMNS, Domain, DomainInfo, save_domain
from core.data.query_text import Reading
from core.data.staging import lock_domain, staged_folder
from core.data.time_split import split_in_time, time_order
from core.encoders.choices import DeviceChoice
from core.experiment.loaded_run import LoadedRun
from core.experiment.sweep import sweep_run
from core.experiment.train import train_run
from core.progress import progress_reporter
from core.storage.disk_errors import disk_errors_for
from core.storage.files import file_fingerprint
from core.training.settings import default_settings
from core.workspace.folders import Workspace
from core.workspace.runs import load_runs, now


@dataclass(frozen=True)
class Step:
    """One step of the demo: make a domain (encoder None) or a run of it."""

    slug: str
    encoder: str | None

    def __str__(self) -> str:
        return f"{self.slug}: {'images and headlines' if self.encoder is None else f'fine-tuning {self.encoder}'}"


def demo_steps() -> list[Step]:
    """Return all steps in order.

    The German domain has two runs: multilingual first, then the paper's way (translated, for an English encoder),
    because the app opens the newest run.
    """
    steps = []
    for demo in DEMO_DOMAINS:
        encoders = ("lite",) if demo.language == "en" else ("lite-multilingual", "lite")
        steps += [Step(demo.slug, encoder) for encoder in (None, *encoders)]
    return steps


def missing_steps(workspace: Workspace) -> list[Step]:
    """Return the steps that are not done yet."""
    return [step for step in demo_steps() if not _is_done(step, workspace)]


def _is_done(step: Step, workspace: Workspace) -> bool:
    if step.encoder is None:
        return (workspace.domain_folder(step.slug) / "domain.toml").exists()
    swept = (run for run in load_runs(workspace, step.slug) if run.is_swept)
    return any(run.info.encoder == step.encoder for run in swept)


def prepare_demo(workspace: Workspace, device: DeviceChoice, on_step: Callable[[Step], None]) -> None:
    """Do all missing steps in order; call `on_step` before each."""
    for step in missing_steps(workspace):
        on_step(step)
        if step.encoder is None:
            make_domain(step.slug, workspace)
        else:
            _make_run(step.slug, step.encoder, workspace, device)


def make_domain(slug: str, workspace: Workspace) -> Domain:
    """Generate a domain of the demo, articles and images, in the workspace."""
    demo = next(demo for demo in DEMO_DOMAINS if demo.slug == slug)
    folder = workspace.domain_folder(demo.slug)
    with lock_domain(folder), staged_folder(folder) as fresh, disk_errors_for(fresh):
        images = fresh / "images"
        images.mkdir(parents=True)
        with progress_reporter(f"Painting {demo.slug}") as report:
            articles = write_newsroom(demo, images, on_progress=report)
        articles["url"] = ""
        articles["image_hash"] = [file_fingerprint(images / file) for file in articles["image_file"]]
        published = articles["published_at"]
        in_time = time_order(articles["article_id"], DateColumn(published.astype(str), published))
        articles["split"] = split_in_time(in_time.order)
        articles = articles.iloc[in_time.order].reset_index(drop=True)
        text_columns = ["title", "text", "title_en", "text_en"]
        articles[text_columns] = articles[text_columns].fillna("")
        info = DomainInfo(
            demo.slug, demo.title, demo.language, "images", in_time.by, True, "Rematch's demo newsroom", now()
        )
        save_domain(Domain(info, fresh, articles[list(COLUMNS)]))
    return workspace.load_domain(slug)


def _make_run(slug: str, encoder: str, workspace: Workspace, device: DeviceChoice) -> None:
    domain = workspace.load_domain(slug)
    run, experiment = train_run(domain, encoder, default_settings(encoder, None), Reading(), device, workspace)
    sweep_run(LoadedRun(run, experiment, "fp32"), None, "recall@1")
