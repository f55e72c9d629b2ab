"""From any number to what it belongs to: admin.md, "Finding"."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.ground.config import Config
from tests.clock import PATIENCE_S
from tests.conftest import Cli, as_owner, in_own_loop
from tests.world import WORLD_FILES
from tests.world.admin import Operator, in_force, make_operator
from tests.world.gateway_process import Gateway
from tests.world.shop import Shop

WORLD = (WORLD_FILES / "audit_world.sql").read_text(encoding="utf-8")
CASE = """INSERT INTO service_case
    (partner_id, id, out_case_no, content_hash, order_id, kind, reason, opened_by)
SELECT partner_id, 77, 'CASE-77', '', id, 'question', 'why', 'partner' FROM orders WHERE id = 202"""
TOKEN = """INSERT INTO token (token_id, operator_id, label, hash, made_by, expires_at)
SELECT 'tok_00000000000000aa', id, 'robot', sha256('aa'), 'root', now() + interval '1 day'
FROM operator WHERE name = 'the-finance'"""
TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture(scope="module", autouse=True)
def _world(config: Config, tokens: Any) -> None:
    """The small world of the audit, where the upstream has a number of attempt 302."""
    assert tokens

    async def make() -> None:
        import asyncpg

        from gateway.ground.sql.connecting import session_settings

        connection = await asyncpg.connect(
            as_owner(str(config.database_url)), server_settings=session_settings()
        )
        await connection.execute(WORLD)
        await connection.execute("UPDATE attempt SET upstream_no = 'UP-9/302' WHERE id = 302")
        await connection.execute(CASE)
        await connection.execute(TOKEN)
        await connection.close()

    in_own_loop(make())


@pytest.fixture
async def ready(admin: Operator) -> Operator:
    """Who may everything, known to the gateway."""
    await in_force(admin)
    return admin


def found(answer: Any) -> set[tuple[str, str, str]]:
    """(noun, name, matched) of each match."""
    assert answer.status == 200, answer.json
    assert set(answer.json) == {"matches"}
    rows = answer.json["matches"]
    assert all(set(row) == {"noun", "name", "label", "matched"} for row in rows)
    assert [row["noun"] == "order" for row in rows] == sorted(
        (row["noun"] == "order" for row in rows), reverse=True
    )
    return {(row["noun"], row["name"], row["matched"]) for row in rows}


@pytest.mark.parametrize(
    ("q", "wanted"),
    [
        ("202", {("order", "202", "order_no"), ("order", "202", "webhook_id"),
                 ("webhook", "202", "webhook_id")}),
        ("b", {("order", "102", "out_order_no")}),
        ("UP-9/302", {("order", "202", "upstream_no"), ("attempt", "302", "upstream_no")}),
        ("302", {("order", "202", "attempt_no"), ("attempt", "302", "attempt_no")}),
        ("x", {("order", n, "recipient") for n in ("201", "202", "203")}),
        ("msg_201", {("order", "201", "webhook_id"), ("webhook", "201", "webhook_id")}),
        ("77", {("case", "77", "case_no")}),
        ("CASE-77", {("case", "77", "out_case_no")}),
        ("tok_00000000000000aa", {("operator", "the-finance", "token_id")}),
        ("the-finance", {("operator", "the-finance", "operator")}),
        ("acme", {("partner", "acme", "name")}),
        ("TOP", {("sku", "TOP", "name")}),
        (" 302 ", {("order", "202", "attempt_no"), ("attempt", "302", "attempt_no")}),
        ("nothing at all", set()),
        ("9" * 19, set()),
        ("%", set()), ("_", set()), ("20%", set()),
    ],
)  # fmt: skip
async def test_from_a_number_to_what_it_belongs_to(
    ready: Operator, q: str, wanted: set[tuple[str, str, str]]
) -> None:
    """By GET and by POST the same; exact, never a pattern; the order's life is one request on."""
    got = found(await ready.get("search", q=q))
    assert got == wanted
    assert found(await ready.post("search", {"q": q})) == wanted
    for noun, name, _ in got:
        if noun == "order":
            assert (await ready.get(f"orders/{name}")).status == 200


async def test_keys_batches_and_requests(ready: Operator, client: httpx.AsyncClient) -> None:
    """By the ids that are shown; a request by its own id and by its client's trace."""
    await ready.post("partners", {"partner": "found"})
    key = (await ready.post("keys", {"partner": "found"})).json["key_id"]
    assert found(await ready.get("search", q=key)) == {("key", key, "key_id")}
    batch = (await ready.get("batches", pool="vip")).json["data"][0]["batch"]
    assert ("batch", batch, "batch") in found(await ready.get("search", q=batch))
    made = await ready.post(
        "pools", {"pool": "traced"}, traceparent=f"00-{TRACE}-b7ad6b7169203331-01"
    )
    for trace in (TRACE, made.headers["Request-Id"]):
        ((noun, number, matched),) = found(await ready.get("search", q=trace))
        assert (noun, matched) == ("change", "trace_id")
        assert (await ready.get(f"changes/{number}")).json["subject"] == "traced"
    assert client


@pytest.fixture
def stock(command: Cli, tmp_path: Path) -> list[str]:
    """Codes in a pool that tells no capitals apart, and in one that does."""
    codes = ["Find-Me-0001", "Find-Me-0002", "Find-Me-0003"]
    file = tmp_path / "codes.txt"
    file.write_text("\n".join(codes))
    command("pool", "create", "loose", "--case-insensitive", "--ignore-spaces")
    command("pool", "create", "strict")
    for pool in ("loose", "strict"):
        command("codes", "import", str(file), "--pool", pool, "--yes")
    return codes


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Who is asked what, and where it would show."""

    client: httpx.AsyncClient
    tokens: Mapping[str, str]
    command: Cli
    log: Path
    connection: Any


@pytest.fixture
def asked(
    client: httpx.AsyncClient, tokens: Mapping[str, str], command: Cli, gateway: Gateway,
    connection: Any,
) -> Asked:  # fmt: skip
    """All of it."""
    return Asked(
        client=client, tokens=tokens, command=command, log=gateway.log, connection=connection
    )


async def test_a_code_leads_to_who_has_it(
    ready: Operator, asked: Asked, shop: Shop, stock: list[str]
) -> None:
    """Free: to its pool and batch; sold: to the order. Only for who may, each hit a row of the
    log of views, and nowhere the code itself.
    """
    code = stock[1]
    before = await asked.connection.fetchval("SELECT count(*) FROM reveal WHERE chain = -1")
    free = found(await ready.post("search", {"q": code}))
    assert {(noun, name) for noun, name, _ in free if noun == "pool"} == {
        ("pool", "loose"), ("pool", "strict"),
    }  # fmt: skip
    shouted = found(await ready.post("search", {"q": code.upper().replace("-ME", "-ME ")}))
    assert {(noun, name) for noun, name, _ in shouted if noun == "pool"} == {("pool", "loose")}
    words = "sku create FIND --name x --kind code --pool strict --price 1"
    made = asked.command(*words.split())
    assert made.returncode == 0, made.stderr
    partner = await shop.partner()
    sold = await order_one(partner)
    numbers = [
        each for each in stock
        if ("order", sold, "code") in found(await ready.post("search", {"q": each}))
    ]  # fmt: skip
    assert len(numbers) == 1
    rows = await asked.connection.fetch(
        "SELECT items::text AS items FROM reveal WHERE chain = -1 ORDER BY no"
    )
    assert len(rows) - before == 5
    assert not [row for row in rows if "find-me" in row["items"].lower()]
    assert sold in rows[-1]["items"] + rows[-2]["items"] + rows[-3]["items"]
    support = Operator(asked.client, asked.tokens["support"])
    await in_force(support)
    assert found(await support.post("search", {"q": code}))
    finance = Operator(asked.client, asked.tokens["finance"])
    await in_force(finance)
    assert found(await finance.post("search", {"q": code})) == set()  # no code was looked for
    assert "Find-Me" not in asked.log.read_text(encoding="utf-8")
    changes = asked.command("change", "list", "--limit", "500", "--json").stdout
    assert "Find-Me" not in changes
    assert asked.command("audit", "--json").json["ok"]


async def test_searches_by_code_count_like_views(asked: Asked, connection: Any) -> None:
    """Hits and misses are rows of the log; 20 an hour, the 21st refused and freezing; frozen, or
    without `codes:search`, 403, and what has other numbers is found all the same.
    """
    token = make_operator(asked.command, "seeker", "support")
    seeker = Operator(asked.client, token)
    await in_force(seeker)
    rows = "SELECT count(*) FROM reveal WHERE items->0->>'operator' = 'seeker'"
    for n in range(20):
        assert found(await seeker.post("search", {"q": f"guess-{n:04}"})) == set()
    assert await connection.fetchval(rows) == 20
    one_more = await seeker.post("search", {"q": "guess-0020"})
    assert (one_more.status, one_more.code, one_more.json["why"]) == (409, "refused", "frozen")
    assert await connection.fetchval(rows) == 20
    (written,) = asked.command("change", "list", "--action", "search.find", "--json").json[
        "changes"
    ]
    assert (written["actor"], written["after"]) == ("seeker", {"refused": "frozen"})
    assert "guess" not in str(written)
    for way in (
        await seeker.post("search", {"q": "guess-1"}),
        await seeker.get("search", q="guess-9x"),
    ):
        assert (way.status, way.json["permission"]) == (403, "codes:search")
    assert found(await seeker.post("search", {"q": "acme"})) == {("partner", "acme", "name")}
    asking = await seeker.post("orders/101/reveal", {"reason": "shown to a buyer"})
    assert (asking.status, asking.json["permission"]) == (403, "codes:reveal")


async def test_who_may_not_search_codes_is_told_what_else_has_it(
    asked: Asked, connection: Any
) -> None:
    """Maybe nothing: what may as well be a partner's number, an upstream's, a recipient. Only what
    can be nothing but a code is 403. No code is looked for.
    """
    finance = Operator(asked.client, asked.tokens["finance"])
    await in_force(finance)
    for q in ("A20260101-77", "UP/7 7", "13800138000", "Find-Me-0001", "7" * 20, "x@y.example"):
        assert found(await finance.post("search", {"q": q})) == set(), q
    assert found(await finance.post("search", {"q": "acme"})) == {("partner", "acme", "name")}
    link = "https://cards.example/" + "x" * 300
    for refused in (
        await finance.post("search", {"q": link}),
        await finance.get("search", q=link),
    ):
        assert (refused.status, refused.code) == (403, "not-permitted")
        assert refused.json["permission"] == "codes:search"
    rows = "SELECT count(*) FROM reveal WHERE items->0->>'operator' = 'the-finance'"
    assert await connection.fetchval(rows) == 0


async def order_one(partner: Any) -> str:
    """An order of one code, once the gateway sells it; its number."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            reply = await partner.order(out_order_no="find-1", sku="FIND", quantity=1)
            if reply.status in {200, 201}:
                return str(reply.json["order_no"])
            assert reply.status in {404, 503}, reply.json  # until the catalog is known
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [({}, "/q"), ({"q": ""}, "/q"), ({"q": "x" * 2049}, "/q"), ({"q": "1", "z": 1}, "/z")],
)
async def test_what_is_no_question_is_400(
    ready: Operator, body: dict[str, Any], pointer: str
) -> None:
    """With a pointer; by GET, too."""
    answer = await ready.post("search", body)
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (400, pointer)
    assert (await ready.get("search", **body)).status == 400


async def test_who_may_not_read_is_not_shown(
    client: httpx.AsyncClient, command: Cli, ready: Operator
) -> None:
    """A token that may search and read partners sees partners; without `search:read` it is 403."""
    assert ready
    for name, given in (("only", ["search:read", "partners:read"]), ("not", ["orders:read"])):
        words = [word for each in given for word in ("--permission", each)]
        made = command("operator", "token", "create", "root", "--label", name, *words, "--json")
        somebody = Operator(client, made.json["token"])
        await in_force(somebody)
        if name == "not":
            for answer in (await somebody.get("search", q="1"), await somebody.post("search", {})):
                assert (answer.status, answer.json["permission"]) == (403, "search:read")
            continue
        assert found(await somebody.get("search", q="acme")) == {("partner", "acme", "name")}
        assert found(await somebody.get("search", q="202")) == set()
