"""Every action once: it leaves one row, with what was before and after; refused, it leaves none.

The acts are in tests/world/acts.py; the world is the audit's, with a partner and an upstream of
the vault's own beside it.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gateway.nouns import ACTIONS
from tests.conftest import Cli, as_owner, in_own_loop, unguarded
from tests.integration.audit.test_audit import WORLD
from tests.world.acts import ACTS, CANARY
from tests.world.refused_acts import REFUSED

SECRET = re.compile(r"whsec_|q[sd]_[A-Za-z0-9_-]{43}")
SHOWS = {action.name: action.shows for action in ACTIONS}


@pytest.fixture(scope="module")
def shop(command: Cli, database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The audit's world, a dead letter, an order of which nothing was sent; a file of codes."""
    assert command("keys", "create", "--json").returncode == 0
    in_own_loop(_make_world(as_owner(database_url)))
    file = tmp_path_factory.mktemp("codes") / "codes.txt"
    file.write_text(f"{CANARY}-A\n{CANARY}-B\n")
    return file


async def _make_world(dsn: str) -> None:
    import asyncpg

    from gateway.ground.sql.connecting import session_settings

    connection = await asyncpg.connect(dsn, server_settings=session_settings())
    await connection.execute(WORLD)
    async with unguarded(connection):
        await connection.execute(
            "UPDATE attempt SET state = 'created' WHERE id = 303;"
            "UPDATE orders SET state = 'processing' WHERE id = 203;"
            "UPDATE webhook SET id = 9201 WHERE id = 201;"  # a reversal's message has the order's
            "INSERT INTO webhook (id, partner_id, type, sequence, state, attempts)"
            " SELECT n, id, 'test', 1, 'dead', 10 FROM partner, unnest('{4711,4712}'::bigint[]) n;"
            "INSERT INTO operator (name, person, password, totp_secret, made_by, frozen_at)"
            " VALUES ('zoe', 'zoe', '$argon2id$', '', 'os:li@host', now())"
        )
    await connection.close()


def log(command: Cli) -> list[Mapping[str, Any]]:
    """The newest changes."""
    found: list[Mapping[str, Any]] = command("change", "list", "--limit", "3", "--json").json[
        "changes"
    ]
    return found


def member(row: Any, path: str) -> Any:
    """`sku.price` of what was before or after."""
    for name in path.split("."):
        row = row[name]
    return row


def test_every_action_is_tried() -> None:
    """A new action is one of the acts, too. Those of the key file, which opens nothing of this
    world, are in test_changes.py; what needs a receiver is in alerts/test_telling.py.
    """
    others = {action.name for action in ACTIONS if action.noun.name != "keys" and action.at_shell}
    others.remove("notify.test")
    assert {act.does for act in ACTS} == others


async def test_one_row_for_each_and_nothing_secret(
    command: Cli, shop: Path, connection: Any
) -> None:
    """In order: each command leaves one row more, with its rows; then the refused."""
    found = {"FILE": str(shop)}
    secrets: list[str] = [CANARY]
    for act in ACTS:
        words = [_filled(word, found) for word in act.words.split()]
        if act.prepared:
            await connection.execute(act.prepared)
        number = int(log(command)[0]["id"])
        done = command(*words, "--json")
        assert done.returncode == 0, (act.words, done.stderr)
        if "key_id" in done.json:
            found |= {"old": found.get("key_id", ""), "key_id": done.json["key_id"]}
        if "token_id" in done.json:
            found["token_id"] = done.json["token_id"]
        if "case_no" in done.json:
            found["case_no"] = done.json["case_no"]
        if act.does == "price.create":
            found["price"] = done.json["price"]
        row, before = log(command)[:2]
        assert (int(row["id"]), int(before["id"])) == (
            number + act.rows, number + act.rows - 1
        ), act.words  # fmt: skip
        assert (row["action"], row["subject"]) == (act.does, _filled(act.subject, found))
        for path, value in act.before.items():
            assert member(row["before"], path) == value, (act.words, path)
        for path, value in act.after.items():
            expected = _filled(value, found) if isinstance(value, str) else value
            assert member(row["after"], path) == expected, (act.words, path)
        shows = SHOWS[act.does]
        for name in shows:
            secrets += done.json[name] if isinstance(done.json[name], list) else [done.json[name]]
        rest = {name: value for name, value in done.json.items() if name not in shows}
        assert SECRET.findall(str(rest)) == [], act.words
    last = log(command)[0]["id"]
    for line in REFUSED:
        refused = command(*(_filled(word, found) for word in line.split()), "--json")
        assert refused.returncode in {1, 2}, (line, refused.stdout)
        assert log(command)[0]["id"] == last, line
    whole = "".join(
        str(row[0]) for row in await connection.fetch("SELECT change::text FROM change")
    )
    assert [secret for secret in secrets if secret in whole] == []
    assert SECRET.findall(whole) == []
    assert command("audit", "--json").json["ok"]


def _filled(text: str, found: Mapping[str, str]) -> str:
    if text == "FILE":
        return found["FILE"]
    return re.sub(r"{(\w+)}", lambda match: found[match[1]], text)
