"""Pinned versions are exact and above the versions that are known to be vulnerable."""

import tomllib
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
FILES = ("requirements.txt", "requirements-cluster.txt", "requirements-dev.txt")

#: Package → the first version without a known vulnerability, and the vulnerability.
FLOORS = {
    "torch": ("2.10", "CVE-2025-32434 and CVE-2026-24747: torch.load ran code, or wrote where it should not"),
    "pillow": ("12.3", "CVE-2026-25990, CVE-2026-40192, PYSEC-2026-2253 to 2257: PSD, FITS and others"),
    "streamlit": ("1.54", "CVE-2026-33682: requests to hosts of an attacker's choice"),
    "transformers": ("4.53", "CVE-2025-3933, CVE-2025-5197 and others: regular expressions that hang"),
    "requests": ("2.32.4", "CVE-2024-47081: passwords of .netrc to another host"),
    "pyarrow": ("14.0.1", "CVE-2023-47248: IPC and Parquet files that ran code"),
    "jinja2": ("3.1.6", "CVE-2025-27516: out of the sandbox by |attr"),
    "ray": ("2.8.1", "CVE-2023-6019, CVE-2023-6020, CVE-2023-6021: the dashboard ran commands and read files"),
}


def pinned() -> list[Requirement]:
    lines = (line.partition("#")[0].strip() for file in FILES for line in (ROOT / file).read_text().splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("-r")]


@pytest.mark.parametrize("requirement", pinned(), ids=str)
def test_every_pin_is_exact(requirement):
    [specifier] = requirement.specifier
    assert specifier.operator == "=="
    assert not specifier.version.endswith(".*")


def test_each_dependency_is_pinned_within_its_range():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    ranges = {
        canonicalize_name(one.name): one
        for one in map(Requirement, [*project["dependencies"], *project["optional-dependencies"]["translate"]])
    }
    lines = (line for line in (ROOT / "requirements.txt").read_text().splitlines() if not line.startswith("#"))
    pins = list(map(Requirement, lines))
    assert {canonicalize_name(pin.name) for pin in pins} == set(ranges)
    for pin in pins:
        [exact] = pin.specifier
        assert ranges[canonicalize_name(pin.name)].specifier.contains(exact.version), pin


@pytest.mark.parametrize("name", FLOORS)
def test_no_pin_has_a_known_vulnerability(name):
    floor, hole = FLOORS[name]
    pins = [requirement for requirement in pinned() if requirement.name.lower() == name]
    assert pins
    for requirement in pins:
        [specifier] = requirement.specifier
        assert Version(specifier.version) >= Version(floor), f"{requirement}: {hole}"


def test_each_platform_gets_one_version():
    for platform in ("x86_64", "aarch64", "arm64"):
        there = [
            each.name
            for each in pinned()
            if each.marker is None or Marker(str(each.marker)).evaluate({"platform_machine": platform})
        ]
        assert len(there) == len(set(there))
