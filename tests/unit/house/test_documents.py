"""What the documents and the help name exists: settings, commands, files, make targets."""

import re
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
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
# Paths that a text makes up: a name's pattern, somebody else's document.
MADE_UP = {
    "tables/NNNN_name.sql",
    "tests/fixtures/wire/PLATFORM.json",
    "haproxy.org/download/2.9/doc/proxy-protocol.txt",
}
PATH = re.compile(r"(?<![\w/.{-])((?:[\w.-]+/)+[\w.-]*\w\.(?:py|sql|rs|md|yaml|svg|txt|json))\b")
SEEN_AT = re.compile(r"\bsee ([a-z_]+(?:\.[a-z_]+)*)\.([A-Z]\w+)")
SPEAKS = {".py", ".sql", ".rs", ".md", ".toml", ".yaml", ".service", ".timer", ".tpl"}
# Rooms that there were once: a path into one is of a house that was left.
LEFT_ROOMS = re.compile(
    r"\b(?:gateway/(?:store|flows|api|cli|domain|desks)|flows/\w+|core_rs/engine|engine/src)\b"
    r"|\b(?:flows|gateway\.(?:store|flows|api|cli|domain|desks))\.\w+"
)


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


def sources() -> list[Path]:
    """Every text that speaks of files and may be changed: migrations may not."""
    rooms = ("gateway", "connectors", "core_rs", "bench", "tests", "deploy", ".ci")
    found = [*ROOT.glob("*.md"), ROOT / "Makefile", ROOT / "pyproject.toml"]
    for room in rooms:
        found += [path for path in (ROOT / room).rglob("*") if path.suffix in SPEAKS]
    return sorted(path for path in found if path.parent.name != "tables")


def is_there(name: str, path: Path) -> bool:
    """A path from the top, from beside the text, or the end of one from the top."""
    return name in MADE_UP or (path.parent / name).exists() or any(
        ("/" + here).endswith("/" + name) for here in all_files()
    )  # fmt: skip


@cache
def all_files() -> frozenset[str]:
    """Every file of the checkout but what tools made."""
    made = {".venv", "target", ".git"}
    tops = [path for path in ROOT.iterdir() if path.name not in made]
    return frozenset(str(path.relative_to(ROOT)) for top in tops for path in [top, *top.rglob("*")])


def test_the_files_that_are_named_exist() -> None:
    """Comments, docstrings and documents lead to files that are there, not to where they once were.

    Seen red: 18 places named files as they lay before the rooms were turned.
    """
    lost = [
        f"{named(path)}: {name}"
        for path in sources()
        if path != Path(__file__)
        for text in [path.read_text(encoding="utf-8")]
        for name in [
            *(name for name in PATH.findall(text) if not is_there(name, path)),
            *LEFT_ROOMS.findall(text),
        ]
    ]
    assert lost == []


def test_the_classes_that_are_named_exist() -> None:
    """`see module.Class` names a class of that module. Seen red: seven were elsewhere."""
    classes = {
        f"{path.stem}.{name}"
        for path in (ROOT / "gateway").rglob("*.py")
        for name in re.findall(r"^class (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    said = {
        f"{module.rpartition('.')[2]}.{name}"
        for path in (ROOT / "gateway").rglob("*.py")
        for module, name in SEEN_AT.findall(path.read_text(encoding="utf-8"))
    }
    assert len(said) >= 5
    assert said - classes == set()
