"""Rotating the key-encryption key: everything still opens, nothing names the old key."""

from pathlib import Path

import asyncpg
import pytest

from gateway.ground.config import Config
from gateway.ground.native import KeyRing, Vault, sign_request
from tests.conftest import Cli
from tests.world.shop import unique


@pytest.fixture(scope="module")
def secrets(command: Cli) -> dict[str, str]:
    """A partner with a key, a webhook secret and an upstream, as they were shown."""
    command("partner", "create", "acme")
    key = command("key", "create", "acme", "--json").json
    added = command(
        "upstream", "add", "f1", "--connector", "fulu", "--base-url", "http://127.0.0.1:9",
        "--set", "app_key=k", "--set", "secret=s", "--json",
    )  # fmt: skip
    assert added.returncode == 0
    return {**key, "webhook": command("webhook", "secret", "acme", "--json").json["secret"]}


async def test_rotation_moves_everything(
    command: Cli, config: Config, connection: asyncpg.Connection, secrets: dict[str, str]
) -> None:
    """After a rotation all secrets are as before, wrapped under the new key only."""
    before = command("keys", "show", "--json").json
    assert [row["wraps"] for row in before["keys"]] == [4]
    rotated = command("keys", "rotate", "--json").json
    assert rotated["current"] != before["current"]
    assert rotated["rewrapped"] == 4
    after = {row["kek"]: row for row in command("keys", "show", "--json").json["keys"]}
    assert after[before["current"]]["wraps"] == 0
    assert after[rotated["current"]]["wraps"] == 4

    assert command("webhook", "secret", "acme", "--json").json["secret"] == secrets["webhook"]
    assert command("upstream", "show", "f1", "--json").json["settings"] == ["app_key", "secret"]
    row = await connection.fetchrow("SELECT * FROM api_key WHERE key_id = $1", secrets["key_id"])
    ring, vault = KeyRing(), Vault.open(config.data / "kek", create=False)
    ring.put(row["key_id"], row["signing_key"], row["delivery_key"], vault)
    signature = sign_request(secrets["secret"], "GET", "/v1/account", "1", "n" * 16, b"")
    assert ring.verify(row["key_id"], "GET", "/v1/account", "1", "n" * 16, b"", signature)


def test_an_interrupted_rotation_is_resumed(
    command: Cli, config: Config, secrets: dict[str, str]
) -> None:
    """A new key that wraps nothing yet: `--resume` makes no further one and moves the rest."""
    current = Vault.open(config.data / "kek", create=False).rotate_kek()  # … and then it was killed
    resumed = command("keys", "rotate", "--resume", "--json").json
    assert resumed == {"current": current, "rewrapped": 4}
    assert command("keys", "rotate", "--resume", "--json").json["rewrapped"] == 0


def test_only_an_idle_key_is_retired(command: Cli, secrets: dict[str, str]) -> None:
    """The current key and unknown ones are refused; one that wraps nothing goes."""
    command("keys", "rotate")
    shown = command("keys", "show", "--json").json
    refused = command("keys", "retire", shown["current"], "--json")
    assert (refused.returncode, refused.json["error"]["code"]) == (1, "key-in-use")
    assert command("keys", "retire", "kek-0", "--json").json["error"]["code"] == "not-found"
    idle = [row["kek"] for row in shown["keys"] if not row["current"]]
    assert command("keys", "retire", idle[0], "--json").json["retired"] == idle[0]
    assert command("webhook", "secret", "acme", "--json").json["secret"] == secrets["webhook"]


def test_a_lost_key_file_is_not_replaced(
    command: Cli, config: Config, secrets: dict[str, str]
) -> None:
    """Without its key file the vault stays shut: no new key beside secrets it could not open."""
    file, aside = config.data / "kek", Path(f"{config.data}/aside")
    file.rename(aside)
    try:
        done = command("partner", "create", "other", "--json")
        assert (done.returncode, done.json["error"]["code"]) == (1, "vault")
        assert not file.exists()
        ill = {c["name"]: c for c in command("doctor", "--json").json["checks"] if not c["ok"]}
        assert set(ill) == {"keys"}
        assert str(file) in ill["keys"]["fix"]
    finally:
        aside.rename(file)
    assert command("doctor", "--json").json["ok"] is True


@pytest.mark.parametrize(
    "words",
    [
        "key create acme",
        "partner create other",
        "webhook secret acme --rotate",
        "upstream add f2 --connector fulu --base-url http://f2.test --set app_key=a --set secret=b",
        "keys rotate",
    ],
)
def test_the_key_file_of_another_shop_wraps_nothing(
    command: Cli, config: Config, secrets: dict[str, str], words: str
) -> None:
    """What it wrapped would stop every gateway: the catalog would open for nobody any more."""
    file, aside = config.data / "kek", Path(f"{config.data}/aside")
    file.rename(aside)
    try:
        Vault.open(str(file))  # a new one, as another shop has
        foreign = file.read_bytes()
        done = command(*words.split(), "--json")
        assert (done.returncode, done.json["error"]["code"]) == (1, "vault")
        assert str(file) in done.json["error"]["detail"]
        assert file.read_bytes() == foreign
        ill = {c["name"]: c for c in command("doctor", "--json").json["checks"] if not c["ok"]}
        assert set(ill) == {"keys"}
    finally:
        aside.replace(file)
    shown = command("keys", "show", "--json").json["keys"]
    assert all(row["in_file"] for row in shown)


def test_a_key_file_that_others_can_read_is_refused(
    command: Cli, config: Config, secrets: dict[str, str]
) -> None:
    """A key file of mode 0644 opens nothing, and the message says what to do."""
    file = config.data / "kek"
    file.chmod(0o644)
    try:
        done = command("webhook", "secret", "acme", "--json")
        assert done.returncode == 1
        assert "chmod 600" in done.json["error"]["detail"]
    finally:
        file.chmod(0o600)


STRAYS = {  # what it is bound to, by where it stands: table, column, what names it
    ("api_key", "signing_key", "key_id"): "partner signing secret of {}",
    ("partner", "webhook_secret", "name"): "webhook",
    ("upstream", "settings", "name"): "upstream",
}


@pytest.fixture
async def strayed(
    command: Cli, config: Config, connection: asyncpg.Connection, secrets: dict[str, str]
) -> tuple[Path, str]:
    """Another shop's key file, and a partner of ours with secrets that it wrapped, as releases
    before could: a key's, the partner's webhook secret, an upstream's settings, all named alike.
    """
    name = unique("stray")
    command("partner", "create", name)
    key_id = command("key", "create", name, "--json").json["key_id"]
    command(
        "upstream", "add", name, "--connector", "fulu", "--base-url", "http://127.0.0.1:9",
        "--set", "app_key=k", "--set", "secret=s",
    )  # fmt: skip
    other = config.data / name / "kek"
    foreign, ours = Vault.open(other), Vault.open(config.data / "kek", create=False)
    for (table, column, by), bound_to in STRAYS.items():
        whose = key_id if by == "key_id" else name
        purpose = bound_to.format(whose)
        sealed = await connection.fetchval(f"SELECT {column} FROM {table} WHERE {by} = $1", whose)
        stray = foreign.wrap_secret(purpose, ours.open_secret(purpose, sealed))
        await connection.execute(f"UPDATE {table} SET {column} = $2 WHERE {by} = $1", whose, stray)
    return other, name


async def test_what_another_key_file_wrapped_is_moved_with_it(
    command: Cli, config: Config, strayed: tuple[Path, str]
) -> None:
    """While that file is at hand nothing is lost: its keys open, ours wrap, and none is taken over.

    Seen red with the file not lent: the rotation stopped at the first of them.
    """
    other, name = strayed
    file = (config.data / "kek").read_bytes()
    refused = command("keys", "rotate", "--resume", "--json")
    assert (refused.returncode, refused.json["error"]["code"]) == (1, "vault")
    ill = {c["name"]: c for c in command("doctor", "--json").json["checks"] if not c["ok"]}
    assert "--keys-of" in ill["keys"]["fix"]
    gone = command("keys", "rotate", "--resume", "--keys-of", str(config.data / "no"), "--json")
    assert (gone.returncode, gone.json["error"]["code"]) == (1, "vault")
    moved = command("keys", "rotate", "--resume", "--keys-of", str(other), "--json")
    assert moved.json["rewrapped"] == len(STRAYS), moved.stderr
    assert (config.data / "kek").read_bytes() == file
    assert command("doctor", "--json").json["ok"] is True
    assert command("webhook", "secret", name).returncode == 0
    assert command("upstream", "show", name, "--json").json["settings"] == ["app_key", "secret"]


async def test_what_no_key_file_opens_is_made_anew(command: Cli, strayed: tuple[Path, str]) -> None:
    """With that file lost too each secret has its command, and the shop is well again after them.

    Seen red with a revoked key's secrets still counted, and with `upstream update` reading what it
    replaces.
    """
    other, name = strayed
    other.unlink()
    (key,) = command("key", "list", name, "--json").json["keys"]
    part = command("upstream", "update", name, "--set", "app_key=k", "--json")
    assert part.json["error"]["code"] == "invalid-argument"
    for words in (
        f"key revoke {key['key_id']}",
        f"webhook secret {name} --rotate",
        f"webhook secret {name} --rotate",  # the one before goes with the second
        f"upstream update {name} --set app_key=k --set secret=s",
    ):
        done = command(*words.split(), "--json")
        assert done.returncode == 0, done.stderr
    assert command("doctor", "--json").json["ok"] is True
    assert command("keys", "rotate", "--json").returncode == 0
