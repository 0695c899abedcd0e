"""The verb `import-run`: weights that were fine-tuned outside Rematch become a run."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from core.cli.options import (
    BodyOption,
    CacheOption,
    DeviceOption,
    DomainOption,
    EntityTagsOption,
    HashtagsOption,
    JsonOption,
    TextOption,
    WorkspaceOption,
    answer,
    be_quiet,
    plain,
    reading_of,
    workspace_of,
)
from core.evaluation.models import Model
from core.presentation.language_notes import language_note


def import_run(
    domain: DomainOption,
    zero_shot: Annotated[
        str, typer.Option(help="The model it was fine-tuned from: MODEL:WEIGHTS, hf-hub:NAME or hf:NAME.")
    ],
    fine_tuned: Annotated[
        Path,
        typer.Option(help="Its fine-tuned weights: a file, or a folder of transformers; of the same architecture."),
    ],
    text: TextOption = None,
    hashtags: HashtagsOption = None,
    entity_tags: EntityTagsOption = None,
    body: BodyOption = None,
    device: DeviceOption = "auto",
    root: WorkspaceOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a run of weights that were fine-tuned elsewhere: alpha 0 is the zero-shot model, alpha 1 the file."""
    from core.experiment.import_run import import_run as make_run

    be_quiet(as_json)
    workspace = workspace_of(root, cache)
    loaded = workspace.load_domain(domain)
    reading = reading_of(text, hashtags, entity_tags, body)
    run, _ = make_run(loaded, zero_shot, fine_tuned, reading, device, workspace)
    history = run.history()
    record = {
        "domain": domain,
        "run": run.info.name,
        "encoder": run.info.encoder,
        "imported_from": run.info.imported_from,
        "text": asdict(run.info.text),
        "history": plain(history),
    }
    lines = [f"run '{run.info.name}' of {domain}: {run.info.encoder}, fine-tuned weights from {fine_tuned}."]
    for end, row in zip((Model.ZERO_SHOT, Model.FINE_TUNED), history.to_dict("records"), strict=True):
        lines.append(f"{end:<10}  val mrr@100 {row['val_mrr@100']:.3f}  recall@1 {row['val_recall@1']:.3f}")
    if (unread := language_note(run, loaded)) is not None:
        lines.append(unread)
    answer(as_json, record, "\n".join(lines), f"sweep --domain {domain} --run {run.info.name}")
