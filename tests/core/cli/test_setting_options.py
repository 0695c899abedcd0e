"""The options of settings and `--set` give back the settings they are generated from."""

from dataclasses import fields, replace
from typing import Any

import pytest
import typer

from core.cli.models.setting_options import with_setting_options
from core.training.settings import Settings, default_settings

CHANGED = Settings(
    "all", 3, 0.02, 16, 7, 2, "recall@1", 0.05, 0.25, 0.75, 0.5, augment=True, chunk_size=4, grad_checkpointing=True,
    pull=30.0,
)  # fmt: skip


def given_by(words: list[str]) -> dict[str, Any]:
    """Return the settings that a command receives for `words`."""
    found: list[dict[str, Any]] = []
    app = typer.Typer()

    @app.command()
    @with_setting_options
    def command(*, given: dict[str, Any]) -> None:
        found.append(given)

    typer.main.get_command(app).main(words, standalone_mode=False)
    return found[0]


def test_only_what_is_given_counts() -> None:
    assert given_by([]) == {}
    assert given_by(["--lr", "0.5", "--set", "warmup=1"]) == {"lr": 0.5, "warmup": 1.0}


@pytest.mark.parametrize("settings", [CHANGED, Settings(), default_settings("lite", "text")])
def test_the_options_of_settings_give_them_back(settings: Settings) -> None:
    assert Settings(**given_by(settings.as_options())) == settings


def test_every_setting_was_changed() -> None:
    same = {each.name for each in fields(Settings) if getattr(CHANGED, each.name) == getattr(Settings(), each.name)}
    assert same == {"tune"}, "augment needs tune=all"
    assert given_by(replace(Settings(), tune="lora:4").as_options())["tune"] == "lora:4"
