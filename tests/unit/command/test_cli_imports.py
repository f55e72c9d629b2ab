"""What a command imports before it does anything: help must not load what only work needs.

Modules are counted, not seconds.
"""

import subprocess
import sys

import pytest

# What talks to databases and networks, and what only a gateway or a connector needs.
ONLY_FOR_WORK = (
    "asyncpg", "aiohttp", "uvloop", "httptools", "structlog", "gateway._core",
    "gateway.ground.http.server", "gateway.ground.sql.database", "connectors.registry",
)  # fmt: skip
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
    ],
    ids=" ".join,
)  # fmt: skip
def test_the_help_of_a_command_loads_no_database(arguments: tuple[str, ...]) -> None:
    """Seen red with the import of dispatch/administer at the top of dispatch/desk."""
    assert loaded(*arguments).isdisjoint(ONLY_FOR_WORK)
