"""The command `import-run`: create a run from weights that were fine-tuned outside Rematch."""

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
from core.encoders.name_checks import check_encoder_name
from core.evaluation.models import Model
from core.presentation.language_notes import language_note


def import_run(
    domain: DomainOption,
    zero_shot: Annotated[
        str,
        typer.Option(
            metavar="ENCODER",
            help="Use this model as zero-shot, the one that was fine-tuned: MODEL:WEIGHTS or hf-hub:NAME of open_clip, "
            "or hf:NAME of transformers.",
        ),
    ],
    fine_tuned: Annotated[
        Path,
        typer.Option(
            metavar="PATH",
            help="Read the fine-tuned weights from this file, or transformers folder. The architecture must be "
            "the same.",
        ),
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
    """Create a run from weights fine-tuned elsewhere. Alpha 0 is the zero-shot model, alpha 1 the file."""
    be_quiet(as_json)
    workspace = workspace_of(root, cache)
    loaded = workspace.load_domain(domain)
    check_encoder_name(zero_shot)
    reading = reading_of(text, hashtags, entity_tags, body)
    from core.experiment.import_run import import_run as make_run

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
    for model, row in zip((Model.ZERO_SHOT, Model.FINE_TUNED), history.to_dict("records"), strict=True):
        lines.append(f"{model:<10}  val mrr@100 {row['val_mrr@100']:.3f}  recall@1 {row['val_recall@1']:.3f}")
    if (unread := language_note(run, loaded)) is not None:
        lines.append(unread)
    answer(as_json, record, "\n".join(lines), f"sweep --domain {domain} --run {run.info.name}")
