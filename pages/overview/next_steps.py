"""Three links to what to do next with the selected domain: train, or read the results of its run."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import streamlit as st

from core.workspace.runs import Run
from pages.page_files import page_file
from pages.shared import session


@dataclass(frozen=True)
class NextStep:
    """A link to a page. about: what the user can do there. parameters: of the URL, besides domain and run."""

    page: str
    label: str
    about: str
    icon: str
    parameters: Mapping[str, str] = field(default_factory=dict)


_DATA = (
    NextStep("data", "Look at its articles", "does each image belong to its text?", "photo_library",
             {session.PART.key: "Articles"}),
    NextStep("data", "Check for duplicates", "train and val should share none", "content_copy",
             {session.PART.key: "Duplicates"}),
)  # fmt: skip


def next_steps(runs: int, run: Run | None) -> tuple[NextStep, ...]:
    """Return three steps for a domain with `runs` runs, of which `run` is selected; None if none is swept."""
    if run is not None:
        return (
            NextStep("alpha", "Drag α", "metrics, ranks and images move with it", "tune"),
            NextStep("changes", "See what changed", "article by article", "swap_vert"),
            NextStep("match", "Match a headline", "what each model finds", "image_search"),
        )
    if runs:
        return (NextStep("train", "Sweep its run", "measure it at every α", "model_training"), *_DATA)
    return (NextStep("train", "Train on it", "fine-tune an encoder and sweep α", "model_training"), *_DATA)


def show_next_steps(slug: str, steps: tuple[NextStep, ...], run: Run | None) -> None:
    """Show the steps as links that keep domain and run."""
    shown = {session.DOMAIN.key: slug} | ({session.RUN.key: run.info.name} if run else {})
    with st.container(key="next_steps", gap="xsmall"):
        for step in steps:
            st.page_link(
                page_file(step.page),
                label=f"**{step.label}** – {step.about}",
                icon=f":material/{step.icon}:",
                query_params=shown | dict(step.parameters),
                width="stretch",
            )
