"""Commands where there is no shop: a mistyped directory, a database of something else.

Each command is run as its own example says, so that a new one is tried, too, without a line here.
"""

import json
import os
import re
import shlex
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from gateway import command_line as root
from gateway.ground.desk.opening import FOUNDERS
from gateway.ground.sql.embedded import EmbeddedServer
from tests.conftest import in_database, in_own_loop, run_cli
from tests.world.command_line import commands_of

# They open no shop that `--data` names, or are there to begin one.
OTHERS = {
    "serve", "restart", "restore", "demo", "migrate", "call", "upstream connectors",
    "upstream simulate", "upstream scaffold", "reveals verify",
}  # fmt: skip


def _examples() -> Iterator[tuple[str, list[str]]]:
    for room in root.rooms():
        for name, command in commands_of(room):
            yield name, shlex.split(command.epilog.removeprefix("Example: "))[1:]


EXAMPLES = dict(_examples())
NEEDS_A_SHOP = sorted(EXAMPLES.keys() - FOUNDERS - OTHERS)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the files lie that examples name."""
    for word in {word for example in EXAMPLES.values() for word in example}:
        for name in re.findall(r"(?:^|@)(FILE|[a-z-]+\.[a-z]{2,6})$", word):
            text = "GET /v1/account HTTP/1.1\n\n" if name.endswith(".http") else "code\nA-1\n"
            (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(arguments: list[str], settings: Mapping[str, str]) -> tuple[int, Any]:
    """A command in this process; its exit code and its answer."""
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(1) as thread:
        for name in [name for name in os.environ if name.startswith("QUANGATE_")]:
            patch.delenv(name)
        for name, value in settings.items():
            patch.setenv(name, value)
        with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()):
            code = thread.submit(root.run, [*arguments, "--json"]).result()
    return code, json.loads(out.getvalue().splitlines()[-1])


def without_its_own_place(example: list[str]) -> list[str]:
    """The example without the directory or database it names."""
    kept, words = [], iter(example)
    for word in words:
        if word in {"--data", "--database-url"}:
            next(words)
        else:
            kept.append(word)
    return kept


def test_which_commands_may_begin_a_shop() -> None:
    """The founders exist, and none of them looks."""
    assert FOUNDERS | OTHERS <= EXAMPLES.keys()
    looking = ("list", "show", "stats", "batches", "test", "balance", "catalog")
    assert not [name for name in FOUNDERS if name.endswith(looking)]
    assert {"audit", "doctor", "reconcile", "order show", "keys show"} <= set(NEEDS_A_SHOP)


@pytest.mark.parametrize("name", NEEDS_A_SHOP)
def test_in_a_directory_without_one(here: Path, name: str) -> None:
    """Exit 1, the directory named, nothing made. Seen red with `may_make=True` for all."""
    place = here / "mistyped"
    code, answer = run(without_its_own_place(EXAMPLES[name]), {"QUANGATE_DATA": str(place)})
    assert (code, answer["error"]["code"]) == (1, "no-shop"), answer
    assert str(place) in answer["error"]["detail"]
    assert not place.exists()


@pytest.fixture(scope="module")
def empty_database(postgres: EmbeddedServer) -> str:
    """A database of somebody who has no shop in it."""
    in_own_loop(_make("nobodys", postgres.dsn))
    return in_database(postgres.dsn, "nobodys")


async def _make(name: str, dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    await connection.close()


@pytest.mark.parametrize("name", NEEDS_A_SHOP)
def test_in_a_database_without_one(here: Path, empty_database: str, name: str) -> None:
    """The same with a PostgreSQL of one's own: no table, no key file is made."""
    place = here / "keys"
    settings = {"QUANGATE_DATA": str(place), "QUANGATE_DATABASE_URL": empty_database}
    code, answer = run(without_its_own_place(EXAMPLES[name]), settings)
    assert (code, answer["error"]["code"]) == (1, "no-shop"), answer
    assert not place.exists()
    in_own_loop(_is_empty(empty_database))


async def _is_empty(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    made = await connection.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " UNION ALL SELECT nspname FROM pg_namespace WHERE nspname LIKE 'routines_%'"
    )
    await connection.close()
    assert made == []


@pytest.mark.parametrize("founder", ["partner create", "pool create", "serve"])
@pytest.mark.parametrize("bad", ["empty", "for everybody"])
def test_a_bad_key_file_is_refused_before_anything_is_made(
    tmp_path: Path, founder: str, bad: str
) -> None:
    """What can be checked first is: no database beside a key file that nobody can use."""
    key = tmp_path / "kek"
    key.write_bytes(b"" if bad == "empty" else b"0" * 64)
    key.chmod(0o600 if bad == "empty" else 0o644)
    words = ["serve", "--port", "0"] if founder == "serve" else [*founder.split(), "acme"]
    done = run_cli(*words, "--json", environment={"QUANGATE_DATA": str(tmp_path)})
    assert (done.returncode, done.json["error"]["code"]) == (1, "vault")
    assert str(key) in done.json["error"]["detail"]
    assert [path.name for path in tmp_path.iterdir()] == ["kek"]


def test_the_key_file_of_a_new_shop(here: Path, empty_database: str) -> None:
    """Made once, for every node; a second time is refused and changes nothing."""
    place = here / "first"
    settings = {"QUANGATE_DATA": str(place), "QUANGATE_DATABASE_URL": empty_database}
    in_own_loop(_make("first", empty_database))
    settings["QUANGATE_DATABASE_URL"] = in_database(empty_database, "first")
    code, answer = run(["keys", "create"], settings)
    assert (code, answer["key_file"]) == (0, str(place / "kek")), answer
    content = (place / "kek").read_bytes()
    code, answer = run(["keys", "create"], settings)
    assert (code, answer["error"]["code"]) == (1, "already-exists")
    assert (place / "kek").read_bytes() == content
