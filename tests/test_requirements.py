"""The pins: exact, within the declared ranges, one for each machine. `make audit` looks for known vulnerabilities."""

import tomllib
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
FILES = ("requirements.txt", "requirements-cluster.txt", "requirements-dev.txt")


def pinned() -> list[Requirement]:
    lines = (line.partition("#")[0].strip() for file in FILES for line in (ROOT / file).read_text().splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("-r")]


def test_every_pin_is_exact():
    for requirement in pinned():
        [specifier] = requirement.specifier
        assert specifier.operator == "==", requirement
        assert not specifier.version.endswith(".*"), requirement


def test_each_dependency_is_pinned_within_its_range():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    ranges = {
        canonicalize_name(one.name): one
        for one in map(Requirement, [*project["dependencies"], *extras["translate"], *extras["figures"]])
    }
    lines = (line for line in (ROOT / "requirements.txt").read_text().splitlines() if not line.startswith("#"))
    pins = list(map(Requirement, lines))
    assert {canonicalize_name(pin.name) for pin in pins} == set(ranges)
    for pin in pins:
        [exact] = pin.specifier
        assert ranges[canonicalize_name(pin.name)].specifier.contains(exact.version), pin


def test_each_machine_gets_one_version():
    for platform in ("x86_64", "aarch64", "arm64"):
        there = [
            each.name
            for each in pinned()
            if each.marker is None or Marker(str(each.marker)).evaluate({"platform_machine": platform})
        ]
        assert len(there) == len(set(there))
