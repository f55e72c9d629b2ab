"""`quangate pool`, `sku`, `campaign`, `upstream` and `webhook`."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from connectors.simulation import running
from tests.conftest import Cli
from tests.world.connector_samples import SAMPLES
from tests.world.purchase_shop import CODES
from tests.world.topup_shop import settings_of

CANARY = "canary-of-an-upstream"


@pytest.fixture(scope="module")
def shop(command: Cli) -> None:
    """A partner, a pool and an upstream."""
    assert command("partner", "create", "acme", "--json").returncode == 0
    assert command("pool", "create", "vip", "--case-insensitive", "--json").json == {"pool": "vip"}
    added = command(
        "upstream", "add", "f1", "--connector", "fulu", "--base-url", "http://127.0.0.1:9/",
        "--set", "app_key=k", "--set", f"secret={CANARY}", "--json",
    )  # fmt: skip
    assert added.returncode == 0, added.stderr


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    "arguments",
    [
        ("pool", "create", "vip"),
        ("upstream", "add", "f1", "--connector", "fulu", "--base-url", "http://127.0.0.1:9",
         "--set", "app_key=k", "--set", "secret=s"),
    ],
)  # fmt: skip
def test_making_a_name_twice_is_refused(command: Cli, arguments: tuple[str, ...]) -> None:
    """Names are unique per kind."""
    done = command(*arguments, "--json")
    assert (done.returncode, done.json["error"]["code"]) == (1, "already-exists")


@pytest.mark.usefixtures("shop")
def test_a_code_sku_is_sold_from_a_pool(command: Cli) -> None:
    """The answer names the SKU; `show` tells pool, price, limit and offers."""
    made = command(
        "sku", "create", "VIP-MONTH", "--name", "月卡", "--kind", "code", "--pool", "vip",
        "--price", "1990", "--per-buyer", "2", "--offer", "acme:1500", "--json",
    )  # fmt: skip
    assert made.json == {"sku": "VIP-MONTH"}
    shown = command("sku", "show", "VIP-MONTH", "--json").json
    expected = {"name": "月卡", "kind": "code", "pool": "vip", "price": 1990, "per_buyer": 2}
    assert {name: shown[name] for name in expected} == expected
    assert (shown["offered_to_all"], shown["on_sale"]) == (False, True)
    assert shown["offers"] == [{"partner": "acme", "price": 1500, "own_price": True}]
    again = command(
        "sku", "create", "VIP-MONTH", "--name", "x", "--kind", "qr", "--pool", "vip",
        "--price", "1", "--json",
    )  # fmt: skip
    assert again.json["error"]["code"] == "already-exists"


@pytest.mark.usefixtures("shop")
def test_a_top_up_is_bought_over_routes(command: Cli) -> None:
    """Routes carry product, priority and cost; smaller priorities come first."""
    made = command(
        "sku", "create", "TOP-50", "--name", "50 元", "--kind", "topup", "--price", "4990",
        "--account-rule", "cn-mobile", "--route", "f1:A7:2:4800", "--route", "f1:A8", "--json",
    )  # fmt: skip
    assert made.json == {"sku": "TOP-50"}
    routes = command("sku", "show", "TOP-50", "--json").json["routes"]
    assert [(r["product_id"], r["priority"], r["cost"]) for r in routes] == [
        ("A8", 0, None),
        ("A7", 2, 4800),
    ]


@pytest.mark.usefixtures("shop")
def test_codes_bought_on_demand_have_a_pool_of_their_own(command: Cli) -> None:
    """A code SKU with routes: its pool is named like it, or nearly, and takes no imports."""
    command("pool", "create", "TAKEN", "--json")
    for sku, pool in (("CARD-10", "CARD-10"), ("TAKEN", "TAKEN-bought")):
        made = command(
            "sku", "create", sku, "--name", "Card", "--kind", "code", "--price", "1000",
            "--route", "f1:910010", "--quantity-max", "20", "--json",
        )  # fmt: skip
        assert made.json == {"sku": sku}
        shown = command("sku", "show", sku, "--json").json
        assert (shown["pool"], shown["bought_on_demand"], shown["quantity_max"]) == (pool, True, 20)
        assert command("pool", "show", pool, "--json").json["skus"] == [sku]
    generated = command("codes", "generate", "1", "--pool", "CARD-10", "--pattern", "AAAAAAAA")
    assert generated.returncode == 2
    sold = ("--kind", "code", "--pool", "CARD-10", "--price", "1", "--json")
    assert command("sku", "create", "SECOND", "--name", "x", *sold).returncode == 2


@pytest.mark.parametrize("connector", [each for each in CODES if SAMPLES[each].has_catalog])
async def test_what_sells_codes_is_in_the_catalogue(command: Cli, connector: str) -> None:
    """`upstream catalog` tells products of kind code; what it names is a route of a code SKU."""
    product, _ = CODES[connector]
    async with running(connector) as simulator:
        pairs = [f"{name}={value}" for name, value in settings_of(connector).items()]
        settings = [word for pair in pairs for word in ("--set", pair)]
        name = f"sells-{connector}"
        # In a thread: the simulator answers on this loop meanwhile.
        await asyncio.to_thread(
            command, "upstream", "add", name, "--connector", connector,
            "--base-url", simulator.url, *settings,
        )  # fmt: skip
        listed = await asyncio.to_thread(command, "upstream", "catalog", name, "--json")
        kinds = {each["product_id"]: each["kind"] for each in listed.json["products"]}
        assert kinds[product] == "code"
        assert set(kinds.values()) == {"code", "topup"}
        new = ("sku", "create", f"SELLS-{connector}", "--name", "Card", "--kind", "code")
        made = command(*new, "--price", "1000", "--route", f"{name}:{product}", "--json")
        assert made.returncode == 0, made.stderr


@pytest.mark.usefixtures("shop")
def test_limits_change_within_what_routes_sell(command: Cli) -> None:
    """`sku limit` sets, keeps and lifts limits; more than any route sells at once is refused."""
    new = ("--name", "M", "--kind", "topup", "--account-rule", "any", "--price", "1", "--json")
    command("sku", "create", "LIMITED", *new, "--route", "f1:mobile-10", "--per-buyer", "3")
    assert command("sku", "limit", "LIMITED", "--quantity-max", "2", "--json").returncode == 2
    one = command("sku", "limit", "LIMITED", "--quantity-max", "1", "--json").json
    assert one == {"sku": "LIMITED", "per_buyer": 3, "quantity_max": 1}
    lifted = command("sku", "limit", "LIMITED", "--quantity-max", "0", "--per-buyer", "0", "--json")
    assert lifted.json == {"sku": "LIMITED", "per_buyer": None, "quantity_max": None}
    assert command("sku", "limit", "NO", "--json").json["error"]["code"] == "not-found"


@pytest.mark.usefixtures("shop")
def test_an_account_rule_is_changed_and_refused(command: Cli) -> None:
    """`sku account-rule` changes it; one that takes more than linear time is refused."""
    new = ("--name", "M", "--kind", "topup", "--price", "1", "--route", "f1:mobile-10", "--json")
    refused = command("sku", "create", "RULED", *new, "--account-rule", r"(?=1)\d+")
    assert refused.returncode == 2
    assert "looks ahead" in refused.json["error"]["detail"]
    assert command("sku", "create", "RULED", *new, "--account-rule", r"(\d+-?)+").returncode == 0
    changed = command("sku", "account-rule", "RULED", "qq", "--json")
    assert changed.json == {"sku": "RULED", "account_rule": "qq"}
    assert command("sku", "show", "RULED", "--json").json["account_rule"] == "qq"
    assert command("sku", "account-rule", "RULED", r"(a)\1", "--json").returncode == 2
    assert command("sku", "account-rule", "NO", "qq", "--json").json["error"]["code"] == "not-found"


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    ("options", "returncode"),
    [
        (("--kind", "code"), 2),  # codes need a pool or a route
        (("--kind", "code", "--route", "f1:mobile-50"), 2),  # phone credit is no code
        (("--kind", "code", "--route", "f1:A", "--account-rule", "any"), 2),  # nothing to top up
        (("--kind", "code", "--route", "nowhere:A"), 1),  # no such upstream
        (("--kind", "code", "--route", "f1:A", "--quantity-max", "501"), 2),  # more than the API's
        (
            (
                "--kind",
                "topup",
                "--account-rule",
                "any",
                "--route",
                "f1:mobile-50",
                "--quantity-max",
                "2",
            ),
            2,
        ),  # the route sells one at a time
        (("--kind", "code", "--pool", "nowhere"), 1),  # no such pool
        (("--kind", "code", "--pool", "vip", "--route", "f1:A"), 2),  # from stock or on demand
        (("--kind", "code", "--pool", "vip", "--account-rule", "any"), 2),  # nor accounts
        (("--kind", "code", "--pool", "vip", "--offer", "nobody"), 1),  # no such partner
        (("--kind", "code", "--pool", "vip", "--offer", "acme:x"), 2),  # no price
        (("--kind", "topup", "--account-rule", "any"), 2),  # top-ups need a route
        (("--kind", "topup", "--route", "f1:A"), 2),  # and a rule
        (("--kind", "topup", "--account-rule", "(", "--route", "f1:A"), 2),  # no pattern
        (("--kind", "topup", "--account-rule", "any", "--route", "nowhere:A"), 1),  # no upstream
        (("--kind", "topup", "--account-rule", "any", "--route", "f1"), 2),  # no product
        (("--kind", "topup", "--account-rule", "any", "--route", "f1:A", "--pool", "vip"), 2),
        (("--kind", "bundle", "--pool", "vip"), 2),  # not sold yet
        (("--kind", "code", "--pool", "vip", "--per-buyer", "0"), 2),
    ],
)
def test_a_sku_that_makes_no_sense_is_refused(
    command: Cli, options: tuple[str, ...], returncode: int
) -> None:
    """What the kind does not allow exits 2, unknown names exit 1; nothing is left behind."""
    done = command("sku", "create", "BAD", "--name", "x", "--price", "1", *options, "--json")
    assert done.returncode == returncode, done.stderr
    assert set(done.json["error"]) == {"code", "detail"}
    assert command("sku", "show", "BAD", "--json").json["error"]["code"] == "not-found"


@pytest.mark.usefixtures("shop")
def test_prices_and_sale_change(command: Cli) -> None:
    """A price for all, a price for one, closed and open again."""
    command("sku", "create", "P", "--name", "P", "--kind", "link", "--pool", "vip", "--price", "10")
    assert command("sku", "price", "P", "12", "--json").json["price"] == 12
    assert command("sku", "price", "P", "9", "--partner", "acme", "--json").json["price"] == 9
    assert command("sku", "off-sale", "P", "--json").json["on_sale"] is False
    shown = command("sku", "show", "P", "--json").json
    assert (shown["price"], shown["on_sale"], shown["offers"][0]["price"]) == (12, False, 9)
    assert command("sku", "on-sale", "P", "--json").json["on_sale"] is True
    assert command("sku", "price", "NO", "1", "--json").json["error"]["code"] == "not-found"


@pytest.mark.usefixtures("shop")
def test_a_campaign_has_a_window(command: Cli) -> None:
    """Times are kept to the instant whatever offset they were given in."""
    command("sku", "create", "C", "--name", "C", "--kind", "code", "--pool", "vip", "--price", "10")
    window = ("--from", "2030-11-11T00:00:00+08:00", "--to", "2030-11-12T00:00:00Z")
    made = command(
        "campaign", "create", "1111", "--sku", "C", *window, "--per-buyer", "1", "--json"
    )
    assert made.json["starts_at"] == "2030-11-10T16:00:00Z"
    (row,) = command("campaign", "list", "--json").json["campaigns"]
    assert (row["campaign"], row["state"], row["per_buyer"]) == ("1111", "coming", 1)
    backwards = ("--from", "2030-11-12T00:00:00Z", "--to", "2030-11-11T00:00:00Z")
    assert command("campaign", "create", "b", "--sku", "C", *backwards).returncode == 2


@pytest.mark.usefixtures("shop")
def test_an_upstreams_settings_are_never_shown(command: Cli) -> None:
    """`show` and `list` name the settings; their values are nowhere, in no form."""
    shown = command("upstream", "show", "f1", "--json")
    assert shown.json["settings"] == ["app_key", "secret"]
    assert shown.json["base_url"] == "http://127.0.0.1:9"
    for arguments in (("show", "f1"), ("list",), ("pause", "f1"), ("resume", "f1")):
        for form in (("--json",), (), ("--log-level", "debug")):
            done = command("upstream", *arguments, *form)
            assert done.returncode == 0
            assert CANARY not in done.stdout + done.stderr


@pytest.mark.usefixtures("shop")
def test_a_paused_upstream_is_paused_until_resumed(command: Cli) -> None:
    """`pause` and `resume` set a switch; twice is once."""
    for word, paused in (("pause", True), ("pause", True), ("resume", False)):
        assert command("upstream", word, "f1", "--json").json["paused"] is paused
        assert command("upstream", "show", "f1", "--json").json["paused"] is paused


def test_a_setting_may_come_from_a_file(command: Cli, tmp_path: Path) -> None:
    """`--set name=@FILE` reads the file, without its line end."""
    file = tmp_path / "secret"
    file.write_text(f"{CANARY}\n")
    done = command(*_add("f2", "app_key=k", f"secret=@{file}"), "--json")
    assert done.json == {"upstream": "f2", "connector": "fulu"}


@pytest.mark.parametrize(
    "settings",
    [
        ("app_key=k",),  # one is missing
        ("app_key=k", f"secret={CANARY}", f"colour={CANARY}"),  # one there is not
        ("app_key=k", "secret=@/nowhere/at/all"),  # no such file
        ("app_key=k", CANARY),  # no name
        ("app_key=k", f"secret={CANARY}", f"secret={CANARY}"),  # twice
    ],
)
def test_wrong_settings_are_refused_unseen(command: Cli, settings: tuple[str, ...]) -> None:
    """The error names the setting, never its value."""
    done = command(*_add("f3", *settings), "--json")
    assert done.returncode == 2
    assert CANARY not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("connector", "url"),
    [
        ("nobody", "http://127.0.0.1:9"),  # no such connector
        ("fulu", "ftp://127.0.0.1"),  # no HTTP
        ("fulu", "127.0.0.1:9"),  # no scheme
        ("fulu", "http://user:pw@127.0.0.1"),  # credentials
        ("fulu", "http://127.0.0.1/?a=b"),  # a query
        ("fulu", "http://[::1"),  # no address at all
    ],
)
def test_a_wrong_upstream_is_refused(command: Cli, connector: str, url: str) -> None:
    """Unknown connectors and addresses that are none exit 2."""
    add = ["upstream", "add", "f4", "--connector", connector, "--base-url", url]
    assert command(*add, "--set", "app_key=k", "--set", "secret=s", "--json").returncode == 2


@pytest.mark.usefixtures("shop")
def test_a_partner_has_one_webhook_secret(command: Cli) -> None:
    """The secret is there from the start, stays when the URL changes, and rotates on demand."""
    first = command("webhook", "secret", "acme", "--json").json["secret"]
    assert first.startswith("whsec_")
    for url in ("https://acme.example/a", "http://127.0.0.1:9/b"):
        assert command("webhook", "set", "acme", url, "--json").json["secret"] == first
    rotated = command("webhook", "secret", "acme", "--rotate", "--json").json["secret"]
    assert rotated.startswith("whsec_")
    assert rotated != first
    assert command("webhook", "secret", "acme", "--json").json["secret"] == rotated


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    "url",
    ["acme.example", "ftp://acme.example", "https://u:p@acme.example", "https://", "https://a b"],
)
def test_a_wrong_webhook_address_is_refused(command: Cli, url: str) -> None:
    """What is no plain http address exits 2."""
    assert command("webhook", "set", "acme", url, "--json").returncode == 2


async def test_a_dead_letter_is_replayed(command: Cli, shop: None, connection: Any) -> None:
    """Replaying sets a message to pending under its old id, due at once."""
    await connection.execute(
        "INSERT INTO webhook (id, partner_id, type, sequence, state, attempts)"
        " SELECT 4711, id, 'test', 1, 'dead', 10 FROM partner"
    )
    (row,) = command("webhook", "list", "--state", "dead", "--json").json["webhooks"]
    assert (row["id"], row["webhook_id"], row["partner"]) == ("4711", "msg_4711", "acme")
    assert command("webhook", "replay", "msg_4711", "--json").json == {
        "id": "4711",
        "state": "pending",
    }
    due = await connection.fetchval("SELECT next_attempt_at <= now() FROM webhook WHERE id = 4711")
    assert due
    for unknown in ("1", "A-1", "msg_9999999999999999999"):
        assert command("webhook", "replay", unknown, "--json").json["error"]["code"] == "not-found"


def _add(name: str, *settings: str) -> list[str]:
    pairs = [word for setting in settings for word in ("--set", setting)]
    return [
        "upstream", "add", name, "--connector", "fulu", "--base-url", "http://127.0.0.1:9", *pairs,
    ]  # fmt: skip
