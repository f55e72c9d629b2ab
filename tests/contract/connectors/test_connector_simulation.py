"""The simulators as servers: ledger, script, release, robustness, and the platforms' own flaws."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from io import BytesIO
from typing import Any

import aiohttp
import pytest

from connectors import registry
from connectors.contract import AnswerKind, Reason
from connectors.settings import SettingsError
from connectors.simulation import running
from connectors.simulation.behaviour import (
    ALIASES,
    BEHAVIOURS,
    ScriptError,
    behaviour_named,
    by_tail,
    read_script,
)
from connectors.simulation.delivery import plan_end
from connectors.simulation.ledger import Ledger, Order, OrderState
from connectors.simulation.market import Market
from connectors.simulation.server import build
from tests.world.connector_rig import rig_for

EVERY_CONNECTOR = pytest.mark.parametrize("name", registry.names())


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """A client that knows nothing of the platforms."""
    async with aiohttp.ClientSession() as client:
        yield client


# --- the ledger -----------------------------------------------------------------------------------


async def test_the_ledger_is_as_the_contract_says(http: aiohttp.ClientSession) -> None:
    """GET /_ledger: one entry for each real execution, with exactly the promised members."""
    async with rig_for("kasushou") as rig:
        await rig.submit("000", "T1")
        await rig.submit("004", "T2")
        await rig.submit("003", "T3")
        await rig.until(AnswerKind.SUCCESS, "003", "T3")
        async with http.get(f"{rig.url}/_ledger") as response:
            ledger = await response.json()
        entries = {entry["our_no"]: entry for entry in ledger["executions"]}
        assert set(ledger) == {"executions"}
        assert set(entries) == {"T1", "T3"}
        members = {"our_no", "account", "product", "quantity", "amount", "at", "state"}
        assert set(entries["T3"]) == members
        assert entries["T3"]["amount"] == 980  # fen: 98 % of the ten yuan it is sold for
        assert entries["T3"]["state"] == "success"
        async with http.get(f"{rig.url}/_ledger", params={"our_no": "T1"}) as response:
            assert [entry["our_no"] for entry in (await response.json())["executions"]] == ["T1"]


async def test_two_submits_at_once_are_both_executed_by_dayuanren() -> None:
    """Its duplicate check is select-then-insert: the ledger shows the double charge that the
    gateway's single flight must prevent, and the query parks it for a person.
    """
    async with rig_for("dayuanren") as rig:
        outcomes = await asyncio.gather(rig.submit("000"), rig.submit("000"))
        assert [outcome.kind for outcome in outcomes] == [AnswerKind.ACCEPTED] * 2
        assert len(rig.executions()) == 2
        state = await rig.query("000")
        assert (state.kind, state.reason) == (AnswerKind.UNKNOWN, Reason.SEVERAL)


# --- script and release ---------------------------------------------------------------------------


async def test_a_script_is_taken_and_a_wrong_one_is_explained(http: aiohttp.ClientSession) -> None:
    """POST /_script replaces the rules; a wrong script is 400 and changes nothing."""
    async with rig_for("fulu") as rig:
        script = {"seed": 1, "latency_ms": [1, 5], "rules": [{"account": "000$", "do": "001"}]}
        async with http.post(f"{rig.url}/_script", json=script) as response:
            assert response.status == 200
        async with http.post(f"{rig.url}/_script", json={"rules": [{"do": "x"}]}) as response:
            assert response.status == 400
            assert "unknown behaviour" in (await response.json())["error"]
        assert (await rig.submit("000")).kind is AnswerKind.REJECTED
        assert rig.market.latency_s() > 0


async def test_a_storm_hits_every_request() -> None:
    """With unavailable=1 submits and queries alike get a 503; nothing is executed."""
    async with rig_for("fulu") as rig:
        rig.market.play(read_script({"unavailable": 1}))
        assert (await rig.submit("000")).kind is AnswerKind.UNKNOWN
        assert (await rig.query("000")).kind is AnswerKind.UNKNOWN
        rig.market.play(read_script({}))
        assert (await rig.query("000")).kind is AnswerKind.NOT_FOUND


async def test_release_ends_what_was_held(http: aiohttp.ClientSession) -> None:
    """POST /_release without a body ends all held orders; with a number, that one."""
    async with rig_for("dayuanren") as rig:
        await rig.submit("002", "T1")
        await rig.submit("002", "T2")
        await rig.submit("002", "T3")
        async with http.post(f"{rig.url}/_release", json={"our_no": "T2"}) as response:
            assert await response.json() == {"released": 1}
        assert (await rig.query("002", "T1")).kind is AnswerKind.PROCESSING
        async with http.post(f"{rig.url}/_release") as response:
            assert await response.json() == {"released": 2}
        await rig.until(AnswerKind.SUCCESS, "002", "T3")


@pytest.mark.parametrize(
    "script",
    [
        [],
        {"rule": []},
        {"seed": "x"},
        {"unavailable": 2},
        {"latency_ms": [1]},
        {"latency_ms": ["a", "b"]},
        {"rules": {}},
        {"rules": [{"do": "no such thing"}]},
        {"rules": [{"account": "(", "do": "success"}]},
        {"rules": [{"account": "", "do": "success", "share": 2}]},
        {"rules": [{"account": ""}]},
    ],
)
def test_wrong_scripts_are_refused(script: Any) -> None:
    """Every mistake in a script is a ScriptError that names the place."""
    with pytest.raises(ScriptError):
        read_script(script)


def test_rules_come_first_and_shares_are_reproducible() -> None:
    """The same seed gives the same faults to the same orders; another seed gives others."""

    def hit(seed: int) -> list[bool]:
        rules = [{"account": "^1", "do": "drop", "share": 0.3}]
        script = read_script({"seed": seed, "rules": rules})
        return [script.choose("138", f"T{n}", 0) is not None for n in range(2000)]

    assert hit(1) == hit(1)
    assert hit(1) != hit(2)
    assert 500 < sum(hit(1)) < 700  # 0.3 of 2000, five standard deviations wide


@pytest.mark.parametrize("number", [f"{n:03d}" for n in range(14)])
def test_every_row_of_the_contract_is_there(number: str) -> None:
    """000–013 are chosen by the account's tail, by number and by name."""
    row = by_tail(f"13800138{number}")
    assert row is BEHAVIOURS[number] is behaviour_named(number) is behaviour_named(row.name)


def test_other_tails_succeed_and_aliases_lead_somewhere() -> None:
    """Any other tail has no row of its own; every alias names one."""
    assert by_tail("13800138014") is None
    assert by_tail("03") is None
    assert by_tail("a００3") is None  # full-width digits are not the contract's
    assert all(behaviour_named(alias) in BEHAVIOURS.values() for alias in ALIASES)
    by_number = read_script({"rules": [{"account": "", "do": 3}]})
    assert by_number.choose("1", "T1", 0) is BEHAVIOURS["003"]


# --- callbacks ------------------------------------------------------------------------------------


def test_a_forged_callback_lies_about_the_end() -> None:
    """The forgery says failed of a success and success of a failure, and comes first."""
    for end, lie in (
        (OrderState.SUCCESS, OrderState.FAILED),
        (OrderState.FAILED, OrderState.SUCCESS),
    ):
        forgery, truth = plan_end(BEHAVIOURS["013"].callbacks, end, late_s=0)
        assert (forgery.forged, forgery.state) == (True, lie)
        assert (truth.forged, truth.state) == (False, end)
        assert forgery.delay_s < truth.delay_s


async def test_kasushou_callbacks_speak_three_languages() -> None:
    """The simulator's switch: PHP, plain or Go canonical JSON, all accepted by the connector."""
    for language in ("php", "plain", "go"):
        async with rig_for("kasushou", {"callback_json": language}) as rig:
            await rig.submit("000")
            await rig.inbox.wait_for(lambda inbox: len(inbox.events) == 1)


async def test_dayuanren_callbacks_come_as_form_or_json() -> None:
    """The simulator's switch; the connector takes both."""
    for shape, mark in (("form", b"userid="), ("json", b'{"userid"')):
        async with rig_for("dayuanren", {"callback_format": shape}) as rig:
            await rig.submit("000")
            await rig.inbox.wait_for(lambda inbox: len(inbox.events) == 1)
            assert rig.inbox.calls[0].body.startswith(mark)


async def test_kasushou_may_refuse_unknown_numbers_with_a_text() -> None:
    """The other way shops answer an unknown number is NOT_FOUND all the same."""
    async with rig_for("kasushou", {"unknown_order": "refused"}) as rig:
        assert (await rig.query("000", "T404")).kind is AnswerKind.NOT_FOUND


# --- robustness -----------------------------------------------------------------------------------

ODD_REQUESTS = [
    ("GET", "/", b"", {}),
    ("POST", "/", b"", {}),
    ("PUT", "/api/v1/order/buy", b"{}", {}),
    ("POST", "/api/getway", b"[]", {}),
    ("POST", "/api/getway", b'{"method": {"a": 1}, "biz_content": 5}', {}),
    ("POST", "/api/v1/order/buy", b'{"attach": 5}', {"Timestamp": "x", "UserId": "demo_userid"}),
    ("POST", "/yrapi.php/index/recharge", b"%ff=%ff&sign=1&userid=1001", {}),
    ("POST", "/v1/async/transactions", b"null", {"Authorization": "Basic !!!"}),
    ("POST", "/topups-async", b"{", {"Authorization": "Bearer"}),
    ("POST", "/api/V1/SendTransfer", b'"x"', {"api_key": "demo_api_key"}),
    ("GET", "/%00%ff/..//", b"", {}),
    ("POST", "/x", b"\xff\x00" * 5000, {"Content-Type": "application/json"}),
    ("POST", "/x", b"[" * 50_000, {}),
]


@EVERY_CONNECTOR
async def test_odd_requests_get_the_platforms_own_errors(
    name: str, http: aiohttp.ClientSession
) -> None:
    """Foreign clients send anything: the answer is never the simulator's own crash."""
    async with running(name) as simulator:
        for method, path, body, headers in ODD_REQUESTS:
            url = f"{simulator.url}{path}"
            async with http.request(method, url, data=body or None, headers=headers) as response:
                text = await response.text(errors="replace")
                assert "simulator failed" not in text, (method, path)
        assert simulator.market.ledger.orders == []


async def test_a_body_over_the_limit_is_413(http: aiohttp.ClientSession) -> None:
    """A megabyte and a byte is refused, and the simulator goes on."""
    async with running("fulu") as simulator:
        too_long = BytesIO(b"x" * 1_048_577)
        async with http.post(f"{simulator.url}/api/getway", data=too_long) as response:
            assert response.status == 413
        async with http.get(f"{simulator.url}/_health") as response:
            assert response.status == 200


async def test_an_exhausted_balance_refuses_and_a_reversal_gives_it_back() -> None:
    """The simulated account can run dry: the third order is refused with a pausing reason."""
    async with rig_for("kasushou", {"balance_minor": "2000"}) as rig:
        assert (await rig.submit("000", "T1")).kind is AnswerKind.ACCEPTED
        assert (await rig.submit("000", "T2")).kind is AnswerKind.ACCEPTED
        refused = await rig.submit("000", "T3")
        assert (refused.kind, refused.reason) == (
            AnswerKind.REJECTED,
            Reason.INSUFFICIENT_BALANCE,
        )
        assert rig.market.balance_minor == 2000 - 2 * 980


async def test_a_listed_product_is_not_sold_below_its_price() -> None:
    """The buyer's guard is honoured for products with a listed price."""
    async with rig_for("kasushou") as rig:
        dear = replace(rig.request("000", "T1"), product_id="900100", max_cost_minor=9799)
        outcome = await rig.upstream.submit(dear)
        assert (outcome.kind, outcome.reason) == (AnswerKind.REJECTED, Reason.PRICE_CHANGED)
        enough = replace(dear, attempt_no="T2", max_cost_minor=9800)
        assert (await rig.upstream.submit(enough)).kind is AnswerKind.ACCEPTED


async def test_latency_follows_the_script() -> None:
    """[p50, p99] of a log-normal: half the draws lie below p50, one in a hundred above p99."""
    async with running("fulu", script={"seed": 7, "latency_ms": [10, 100]}) as simulator:
        draws = sorted(simulator.market.latency_s() for _ in range(10_000))
    assert draws[4_500] < 0.010 < draws[5_500]
    assert draws[9_800] < 0.100 < draws[9_960]


def test_the_ledger_is_indexed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lookup by number touches that number's orders alone, however long the ledger is."""
    ledger = Ledger()
    for number in range(1000):
        ledger.add(
            Order(
                number=number,
                our_no=f"T{number}",
                upstream_no=f"U{number}",
                product="25",
                account=f"A{number % 10}",
                quantity=1,
                price_minor=1,
                face_minor=1,
                created_at=0.0,
                visible_at=0.0,
                notify_url=None,
            )
        )
    monkeypatch.setattr(ledger, "orders", None)
    assert [order.number for order in ledger.executions(our_no="T500")] == [500]
    assert len(ledger.executions(account="A3")) == 100
    assert ledger.with_upstream_no("U999") is not None


def test_a_market_is_made_by_name() -> None:
    """Unknown settings of a simulator are refused like a connector's."""
    market = build("kasushou", settings={"apikey": "other", "settle_s": "1.5"})
    assert isinstance(market, Market)
    assert market.options.settle_s == 1.5
    with pytest.raises(SettingsError, match="callback_json"):
        build("kasushou", settings={"colour": "red"})
