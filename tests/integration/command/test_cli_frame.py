"""What every command has in common: help, exit codes, one JSON object, where messages go."""

import json
from pathlib import Path

import pytest

from gateway.command_line import rooms
from tests.conftest import Cli, run_cli
from tests.world.command_line import commands_of

UNREACHABLE = "postgresql://127.0.0.1:1/nothing"  # port 1: nobody listens there


COMMANDS = {
    tuple(name.split()): command for room in rooms() for name, command in commands_of(room)
}  # every command there is, by its words


def test_help_lists_every_room(cli: Cli) -> None:
    """`quangate --help` names all rooms and exits 0."""
    done = cli("--help")
    assert done.returncode == 0
    assert [name for name in rooms() if f" {name} " not in done.stdout] == []


def test_the_version_is_printed(cli: Cli) -> None:
    """`quangate --version` prints one line."""
    done = cli("--version")
    assert (done.returncode, done.stdout.split()[0]) == (0, "quangate")


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example(words: tuple[str, ...]) -> None:
    """A command says what it does, shows one use of itself and takes the common options."""
    command = COMMANDS[words]
    assert command.help, words
    assert command.epilog, words
    assert command.epilog.startswith(f"Example: quangate {' '.join(words)}")
    options = {option for parameter in command.params for option in parameter.opts}
    assert {"--data", "--database-url", "--config", "--json", "--log-level"} <= options


@pytest.mark.parametrize(
    "arguments",
    [
        ("nothing",),  # no such room
        ("partner", "nothing"),  # no such command
        ("partner", "create"),  # a missing argument
        ("partner", "create", "a", "b"),  # one too many
        ("partner", "create", "a", "--colour", "red"),  # no such option
        ("account", "deposit", "a", "ten", "--reference", "r"),  # no number
        ("partner", "list", "--log-level", "loud"),  # none of the choices
        ("serve", "--port", "65536"),  # no port
        ("serve", "--workers", "0"),  # nobody to do the work
        ("campaign", "create", "c", "--sku", "s", "--from", "tomorrow", "--to", "later"),  # no time
        ("sku", "create", "s", "--name", "n", "--kind", "topup", "--price", "1", "--route", "x"),
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_2(command: Cli, arguments: tuple[str, ...]) -> None:
    """Wrong usage exits 2; with --json the last line of stdout says so, without it stderr does."""
    done = command(*arguments, "--json")
    assert done.returncode == 2
    assert set(done.json["error"]) == {"code", "detail"}
    plain = command(*arguments)
    assert (plain.returncode, plain.stdout) == (2, "")
    assert plain.stderr


def test_an_unreachable_database_is_store_unavailable(tmp_path: Path) -> None:
    """A database that does not answer exits 1 with `store-unavailable`, and no traceback."""
    done = run_cli(
        "partner", "list", "--json", "--database-url", UNREACHABLE, "--data", str(tmp_path),
        environment={},
    )  # fmt: skip
    assert (done.returncode, done.json["error"]["code"]) == (1, "store-unavailable")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:hunter2-canary@127.0.0.1:1/nothing",
        "postgresql://user:hunter2-canary@127.0.0.1:port/nothing",  # no port at all
        "mysql://user:hunter2-canary@127.0.0.1/nothing",  # no PostgreSQL
    ],
)
def test_no_password_in_an_error(tmp_path: Path, url: str) -> None:
    """The password of a connection string is in no message, not even in a traceback."""
    done = run_cli(
        "partner", "list", "--json", "--data", str(tmp_path), "--log-level", "debug",
        environment={"QUANGATE_DATABASE_URL": url},
    )  # fmt: skip
    assert done.returncode == 1
    assert "hunter2-canary" not in done.stdout + done.stderr


def test_a_wrong_setting_is_named(cli: Cli) -> None:
    """A setting that cannot be stops the command with the variable's name."""
    done = cli("partner", "list", "--json", environment={"QUANGATE_WORKERS": "many"})
    assert (done.returncode, done.json["error"]["code"]) == (1, "invalid-configuration")
    assert "QUANGATE_WORKERS" in done.json["error"]["detail"]


def test_json_is_one_object_and_messages_go_to_stderr(cli: Cli) -> None:
    """With --json stdout is exactly one line; without it the answer is a table."""
    made = cli("partner", "create", "framed", "--json")
    assert [json.loads(line) for line in made.stdout.splitlines()] == [{"partner": "framed"}]
    plain = cli("partner", "list")
    assert "framed" in plain.stdout
    assert not plain.stdout.startswith("{")


def test_a_fresh_directory_needs_no_init(tmp_path: Path) -> None:
    """The first command on an empty directory starts the database, migrates, and stops it."""
    environment = {"QUANGATE_DATA": str(tmp_path / "data")}
    assert run_cli("partner", "create", "first", "--json", environment=environment).json == {
        "partner": "first"
    }
    listed = run_cli("partner", "list", "--json", environment=environment)
    assert [row["partner"] for row in listed.json["partners"]] == ["first"]
    assert not (tmp_path / "data" / "postgres" / "postmaster.pid").exists()


def test_a_data_directory_that_cannot_be(tmp_path: Path) -> None:
    """A file in the place of the data directory is named, not met by a traceback."""
    (tmp_path / "file").touch()
    done = run_cli("partner", "list", "--json", "--data", str(tmp_path / "file"), environment={})
    assert (done.returncode, done.json["error"]["code"]) == (1, "invalid-configuration")
    assert str(tmp_path / "file") in done.json["error"]["detail"]


def test_text_from_outside_cannot_drive_a_terminal(cli: Cli) -> None:
    """Escape sequences in an argument come back harmless, in messages as in JSON."""
    done = cli("partner", "show", "\x1b]0;owned\x07", "--json")
    assert done.returncode == 1
    assert "\x1b" not in done.stdout + done.stderr
    assert "\x07" not in done.stdout + done.stderr
