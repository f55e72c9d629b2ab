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


def test_a_channel_is_paused_updated_and_shown(command: Cli) -> None:
    """By name; of its settings the names alone, and nothing secret, whatever is done."""
    runs = [
        command("channel", "pause", "xianyu", "--json"),
        command("channel", "show", "xianyu", "--json"),
        command("channel", "update", "xianyu", "--set", "app_secret=canary-new", "--json"),
        command("channel", "resume", "xianyu", "--json"),
        command("channel", "show", "xianyu", "--json"),
    ]
    assert [run.returncode for run in runs] == [0] * 5, runs
    paused, shown, updated, resumed, again = (run.json for run in runs)
    assert paused == {"channel": "xianyu", "paused": True}
    assert updated == {"channel": "xianyu", "adapter": "goofish"}
    assert resumed == {"channel": "xianyu", "paused": False}
    assert (shown["paused"], again["paused"]) == (True, False)
    assert shown["settings"] == ["app_id", "app_secret", "mch_id", "mch_secret"]
    assert (shown["path"], shown["partner"]) == ("/channels/xianyu/goofish/", "acme")
    assert (shown["plaintext_codes"], shown["products"]) == (True, [])
    for run in runs:
        assert "canary" not in run.stdout + run.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("pause", "nobody"), "nobody"),
        (("update", "xianyu"), "--set"),
        (("update", "xianyu", "--set", "app_id=abc"), "app_id"),
        (("update", "xianyu", "--base-url", "https://x.example"), "--base-url"),
        (("map", "xianyu", "1886", "NO-SUCH"), "NO-SUCH"),
        (("map", "xianyu", "with blank", "S"), "number"),
        (("unmap", "xianyu", "1886"), "1886"),
        (("show", "nobody"), "nobody"),
    ],
)
def test_a_change_that_cannot_be_names_why(command: Cli, words: tuple[str, ...], said: str) -> None:
    """With the member at fault; the channel stays as it is."""
    before = command("channel", "show", "xianyu", "--json").json
    done = command("channel", *words, "--json")
    assert done.returncode in {1, 2}
    assert said in done.json["error"]["detail"]
    assert command("channel", "show", "xianyu", "--json").json == before


def test_products_are_mapped_and_unmapped(command: Cli) -> None:
    """A number stands for one SKU; mapped anew it stands for the other."""
    assert command("pool", "create", "stock", "--json").returncode == 0
    for sku in ("A", "B"):
        words = ("sku", "create", sku, "--name", sku, "--kind", "code", "--pool", "stock")
        assert command(*words, "--price", "10", "--json").returncode == 0
    for sku in ("A", "B"):
        done = command("channel", "map", "xianyu", "1886", sku, "--json")
        assert done.json == {"channel": "xianyu", "external_product": "1886", "sku": sku}
    [product] = command("channel", "show", "xianyu", "--json").json["products"]
    assert (product["external_product"], product["sku"]) == ("1886", "B")
    assert command("channel", "unmap", "xianyu", "1886", "--json").returncode == 0
    assert command("channel", "show", "xianyu", "--json").json["products"] == []


@pytest.mark.parametrize(
    ("public_url", "returncode"),
    [("http://shop.example", 2), ("https://shop.example", 0), ("http://[::1]:80", 0)],
)
def test_codes_are_not_handed_out_over_what_others_read(
    cli: Cli, public_url: str, returncode: int
) -> None:
    """A face that hands out codes in the clear wants https or loopback; the refusal says so.

    Seen red without the look at the public URL.
    """
    name = f"open-{returncode}-{len(public_url)}"
    words = ("channel", "add", name, "--adapter", "goofish", "--partner", "acme", *SETTINGS)
    done = cli(*words, "--json", environment={"QUANGATE_PUBLIC_URL": public_url})
    assert done.returncode == returncode, done
    if returncode:
        assert public_url in done.json["error"]["detail"]


def test_a_rotated_key_file_takes_the_settings_along(command: Cli, config: Config) -> None:
    """The settings are wrapped anew, so that the old key can be retired."""

    async def blob() -> bytes:
        connection = await asyncpg.connect(as_owner(str(config.database_url)))
        try:
            return bytes(
                await connection.fetchval("SELECT settings FROM channel WHERE name = 'xianyu'")
            )
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
