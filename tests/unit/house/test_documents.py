"""What the documents and the help name exists: settings, commands, files, make targets."""

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from gateway.command_line import rooms
from gateway.ground.config import Config
from tests.world.command_line import commands_of, unknown_commands

ROOT = Path(__file__).parents[3]
SETTINGS = {f"QUANGATE_{field.name.upper()}" for field in fields(Config)} | {"QUANGATE_CONFIG"}
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "connectors/README.md",
    ROOT / "bench/README.md",
]
# Named as what is no setting, each where it is explained.
NO_SETTINGS = {
    "QUANGATE_SERVICE_HOST",  # Kubernetes
    "QUANGATE_PROT",  # misspelt
    "QUANGATE_TEST_HISTORY",  # of a test
}


def named(path: Path) -> str:
    """The path as a person names it."""
    return str(path.relative_to(ROOT))


def options() -> Iterator[tuple[str, Any]]:
    """(command, option) of the whole command line."""
    for room in rooms():
        for name, command in commands_of(room):
            for option in command.params:
                yield name, option


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_every_setting_exists(path: Path) -> None:
    """Nobody sets a variable that means nothing (deploy/ has the same test, and the full table)."""
    text = path.read_text(encoding="utf-8")
    used = set(re.findall(r"\bQUANGATE_[A-Z_]*[A-Z]\b(?!_…)", text))
    assert used <= SETTINGS | NO_SETTINGS
    for cut in re.findall(r"\b(QUANGATE_[A-Z_]*_)…", text):  # QUANGATE_KEEP_…_DAYS
        assert any(setting.startswith(cut) for setting in SETTINGS), cut


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_every_command_exists(path: Path) -> None:
    """Whoever copies a command from a document never reads `No such command`."""
    assert unknown_commands(path.read_text(encoding="utf-8")) == []


def test_the_files_of_contributing_exist() -> None:
    """Paths and make targets in code spans are there."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    spans = re.findall(r"`((?:gateway|core_rs|bench|tests|deploy|connectors|\.ci)[\w./-]*)`", text)
    assert len(spans) >= 10
    assert [span for span in spans if not (ROOT / span).exists()] == []
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    assert set(re.findall(r"(?:`|^)make ([a-z-]+)", text, re.MULTILINE)) <= targets


def test_the_help_names_settings_that_exist() -> None:
    """`[QUANGATE_…]` behind an option is a setting's variable; what serve takes has one."""
    found = {
        variable
        for _, option in options()
        for variable in re.findall(r"\bQUANGATE_\w+", getattr(option, "help", None) or "")
    }
    assert found <= SETTINGS
    assert len(found) >= 10


def test_every_option_says_what_it_is_for() -> None:
    """No option without a word of help."""
    silent = [
        f"{name} {option.opts[0]}"
        for name, option in options()
        if option.opts[0].startswith("-") and not getattr(option, "help", None)
    ]
    assert silent == []
