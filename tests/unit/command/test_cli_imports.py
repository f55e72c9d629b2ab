"""What a command imports before it does anything: help must not load what only work needs.

Modules are counted, not seconds.
"""

import subprocess
import sys

import pytest

from gateway.features import FEATURES

# What talks to databases and networks, and what only a gateway or a connector needs.
ONLY_FOR_WORK = (
    "asyncio", "asyncpg", "aiohttp", "uvloop", "httptools", "structlog", "gateway._core",
    "gateway.ground.http.server", "gateway.ground.sql.database", "connectors.registry",
)  # fmt: skip
# Typer reads values with pydantic; ours are plain, and only wrong ones and paths are typer's.
ONLY_FOR_STRANGE_VALUES = ("pydantic", "pydantic_core")
# What a program's answer is made without.
ONLY_FOR_SCREENS = ("rich", "pygments", "markdown_it")
NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"  # a command comes so far, and no further
# What reads parameters: the list of rooms has none.
ONLY_FOR_COMMANDS = ("pydantic", "msgspec", "orjson", "gateway.nouns", "gateway.ground.desk.action")
LOADED = """
import contextlib, io, sys
from gateway.command_line import run
with contextlib.redirect_stdout(io.StringIO()):
    run(sys.argv[1:])
print("\\n".join(sys.modules))
"""


def loaded(*arguments: str) -> set[str]:
    """The modules of a process that ran this command line."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *arguments], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("arguments", [("--help",), ("--version",)], ids=" ".join)
def test_the_list_of_rooms_loads_no_room(arguments: tuple[str, ...]) -> None:
    """Seen red with `import msgspec` in ground/command/command.py."""
    assert loaded(*arguments).isdisjoint(ONLY_FOR_WORK + ONLY_FOR_COMMANDS)


@pytest.mark.parametrize(
    "arguments",
    [
        ("partner", "create", "--help"), ("upstream", "add", "--help"), ("order", "show", "--help"),
        ("codes", "import", "--help"), ("serve", "--help"), ("change", "list", "--help"),
        ("codes", "stats", "--help"), ("doctor", "--help"), ("audit", "--help"),
        ("order", "--help"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_the_help_of_a_command_loads_no_database(arguments: tuple[str, ...]) -> None:
    """Seen red with the import of dispatch/administer at the top of dispatch/desk, with that of
    asyncio at the top of ground/command/command, and with typer's own reading of values.
    """
    assert loaded(*arguments).isdisjoint(ONLY_FOR_WORK + ONLY_FOR_STRANGE_VALUES)


@pytest.mark.parametrize("noun", [noun for feature in FEATURES for noun in feature.commands])
def test_no_room_loads_what_only_work_needs(noun: str) -> None:
    """Whatever is asked of it first comes with its whole desk. Seen red with structlog and the
    native module at the top of catalog/account_rule.py: prices, SKUs, pools, campaigns.
    """
    assert loaded(noun, "--help").isdisjoint(ONLY_FOR_WORK + ONLY_FOR_STRANGE_VALUES)


@pytest.mark.parametrize(
    "arguments",
    [
        ("partner", "list"), ("partner", "create", "acme"), ("change", "list", "--limit", "3"),
        ("order", "show", "X", "--log-level", "error"), ("codes", "stats", "--pool", "p"),
        ("doctor",), ("audit",),
        ("upstream", "add", "x", "--connector", "mock", "--base-url", NOWHERE, "--set", "a=b",
         "--calls-per-second", "0.5"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_command_reads_plain_values_plainly(arguments: tuple[str, ...]) -> None:
    """Seen red with typer's own reading of values; rich, with its import in command/output."""
    modules = loaded(*arguments, "--json", "--database-url", NOWHERE)
    assert modules.isdisjoint(ONLY_FOR_STRANGE_VALUES + ONLY_FOR_SCREENS)
    assert "asyncpg" in modules, "the command did not come as far as its database"
