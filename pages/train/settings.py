"""The settings of a training as the form asks for them, each with the reason for its default."""

from dataclasses import replace
from typing import Any

import streamlit as st

from core.errors import RematchError
from core.training.settings import STOP_METRICS, Settings

#: Under these the widgets keep what was typed.
SETTING_KEYS = (
    "epochs", "lr", "batch_size", "weight_decay", "warmup", "seed",
    "layer_decay", "augment", "stop_after", "stop_metric", "chunk_size", "grad_checkpointing",
)  # fmt: skip


def input_settings(defaults: Settings, why: dict[str, str]) -> Settings | RematchError:
    """The numbers, each with its default's reason; or what is wrong with them."""
    with st.grid("auto", min_column_width=150, gap="small"):
        epochs = _number("Epochs", defaults, why, "epochs", 0, 1000, 1)
        lr = _number("Learning rate", defaults, why, "lr", 1e-8, 0.99, None, "%.2e")
        batch_size = _number("Batch size", defaults, why, "batch_size", 2, 65536, 1)
        weight_decay = _number("Weight decay", defaults, why, "weight_decay", 0.0, 10.0, 0.05, "%.3f")
        warmup = _number("Warm-up share", defaults, why, "warmup", 0.0, 1.0, 0.05, "%.2f")
        seed = _number("Seed", defaults, why, "seed", 0, 2**32 - 1, 1)
    given: dict[str, Any] = {
        "epochs": int(epochs), "lr": float(lr), "batch_size": int(batch_size), "weight_decay": float(weight_decay),
        "warmup": float(warmup), "seed": int(seed),
    }  # fmt: skip
    with st.expander("More settings"):
        given |= input_more(defaults, why)
    try:
        return replace(defaults, **given)
    except RematchError as error:
        return error


def input_more(defaults: Settings, why: dict[str, str]) -> dict[str, Any]:
    """The settings that few trainings need: rates by depth, early stopping, augmentation, memory."""
    with st.grid("auto", min_column_width=150, gap="small"):
        layer_decay = _number("Layer decay", defaults, why, "layer_decay", 0.01, 1.0, 0.05, "%.2f")
        stop_after = _whole_or_none("Patience", defaults, why, "stop_after", "epochs without a better one; never")
        stop_metric = st.selectbox(
            "Stop metric",
            STOP_METRICS,
            index=STOP_METRICS.index(defaults.stop_metric),
            key="stop_metric",
            bind="query-params",
            help=f"What Patience looks at, on val. {why['stop_metric']}",
        )
        chunk_size = _whole_or_none("Chunk size", defaults, why, "chunk_size", "pairs in memory at once; all")
        augment = _on_or_off("Augment images", defaults, why, "augment")
        grad_checkpointing = _on_or_off("Gradient checkpointing", defaults, why, "grad_checkpointing")
    return {
        "layer_decay": float(layer_decay), "stop_after": stop_after, "stop_metric": stop_metric,
        "chunk_size": chunk_size, "augment": augment, "grad_checkpointing": grad_checkpointing,
    }  # fmt: skip


def _whole_or_none(label: str, defaults: Settings, why: dict[str, str], name: str, what: str) -> int | None:
    """A whole number of at least 1, or empty. what: what it counts, and what an empty field means."""
    counted, _, otherwise = what.partition("; ")
    default = getattr(defaults, name)
    given = st.number_input(
        label,
        1,
        65536,
        default,
        1,
        key=name,
        bind="query-params",
        placeholder=otherwise,
        help=f"{counted}. {why[name]}",
    )
    return None if given is None else int(given)


def _on_or_off(label: str, defaults: Settings, why: dict[str, str], name: str) -> bool:
    return st.checkbox(label, getattr(defaults, name), key=name, bind="query-params", help=why[name])


def _number(
    label: str,
    defaults: Settings,
    why: dict[str, str],
    name: str,
    low: float,
    high: float,
    step: float | None,
    shown: str | None = None,
) -> float:
    default = getattr(defaults, name)
    given = st.number_input(
        label,
        low,
        high,
        default,
        step if step is not None else default / 10,
        format=shown,
        key=name,
        bind="query-params",
        help=f"Default {default:g}. {why[name]}",
    )
    return default if given is None else given
