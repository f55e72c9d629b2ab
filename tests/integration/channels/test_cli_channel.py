"""`quangate channel`: who may order through a protocol of its own."""

import asyncpg
import pytest

from gateway.ground.config import Config
from tests.conftest import Cli, as_owner, in_own_loop

SECRET = "canary-app-secret"
SETTINGS = (
    "--set", "app_id=1001", "--set", f"app_secret={SECRET}",
    "--set", "mch_id=2002", "--set", "mch_secret=canary-mch-secret",
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _partner(command: Cli) -> None:
    """The partner that the channels of this module order for."""
    assert command("partner", "create", "acme", "--json").returncode == 0


def test_a_channel_is_added_once_and_listed(command: Cli) -> None:
    """The answer tells the path to give to the platform; no secret is shown, then or later."""
    words = ("channel", "add", "xianyu", "--adapter", "goofish", "--partner", "acme", *SETTINGS)
    done = command(*words, "--json")
    assert done.returncode == 0, done
    assert done.json == {
        "channel": "xianyu", "adapter": "goofish", "path": "/channels/xianyu/goofish/",
    }  # fmt: skip
    again = command(*words, "--json")
    assert (again.returncode, again.json["error"]["code"]) == (1, "already-exists")
    listed = command("channel", "list", "--json")
    (row,) = listed.json["channels"]
    assert (row["channel"], row["partner"]) == ("xianyu", "acme")
    assert (row["results_pending"], row["results_dead"]) == (0, 0)
    for run in (done, again, listed):
        assert "canary" not in run.stdout + run.stderr


def test_a_refused_channel_leaves_no_key_behind(command: Cli) -> None:
    """All of it or nothing: the key is made in the same transaction."""
    before = command("key", "list", "--json").json
    words = ("channel", "add", "xianyu", "--adapter", "goofish", "--partner", "acme", *SETTINGS)
    assert command(*words).returncode == 1
    assert command("key", "list", "--json").json == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        # Settings are the adapter's: one is missing.
        (("--adapter", "goofish", "--partner", "acme", *SETTINGS[:6]), "mch_secret"),
        # One is unknown.
        (("--adapter", "goofish", "--partner", "acme", *SETTINGS, "--set", "x=1"), "x"),
        # The application's id is answered as a number.
        (
            ("--adapter", "goofish", "--partner", "acme", "--set", "app_id=abc", *SETTINGS[2:]),
            "app_id",
        ),
        (("--adapter", "taobao", "--partner", "acme", *SETTINGS), "goofish"),
        (("--adapter", "goofish", "--partner", "nobody", *SETTINGS), "nobody"),
    ],
)
def test_what_is_wrong_is_named(command: Cli, words: tuple[str, ...], said: str) -> None:
    """With the setting, adapter or partner at fault; never with a value."""
    done = command("channel", "add", "other", *words, "--json")
    assert done.returncode in {1, 2}
    assert said in done.json["error"]["detail"]
    assert SECRET not in done.stdout + done.stderr


def test_a_rotated_key_file_takes_the_settings_along(command: Cli, config: Config) -> None:
    """The settings are wrapped anew, so that the old key can be retired."""

    async def blob() -> bytes:
        connection = await asyncpg.connect(as_owner(str(config.database_url)))
        try:
            return bytes(await connection.fetchval("SELECT settings FROM channel"))
        finally:
            await connection.close()

    blobs: list[bytes] = []

    async def keep() -> None:
        blobs.append(await blob())

    in_own_loop(keep())
    assert command("keys", "rotate", "--json").returncode == 0
    in_own_loop(keep())
    assert blobs[0] != blobs[1]
    shown = command("keys", "show", "--json").json
    assert next(key["wraps"] for key in shown["keys"]) == 0, shown
