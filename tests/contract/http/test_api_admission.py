"""What is refused before it costs anything, in which order, and what is never counted.

Requests come over HTTP through the real gate, on a limit that a test fills.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from aiohttp.web import BaseRequest, StreamResponse

from gateway.catalog.rules import Catalog, CurrentCatalog, Key
from gateway.ground.http.answers import json_response
from gateway.ground.http.door import Door
from gateway.ground.http.meters import HttpMeters
from gateway.ground.http.operation import Operation, Route
from gateway.ground.http.router import Answering
from gateway.ground.native import KeyRing, RateLimiter, Vault, new_partner_secrets
from gateway.ground.traffic.admission import Admission, AdmissionRules, Class
from gateway.partners.authentication import Gate
from gateway.partners.refusals import Refusals
from tests.world.http_served import serving
from tests.world.partner import IssuedKey, Partner, Reply, eventually

LIMIT = AdmissionRules(floor=100, initial=100, swing=0.0)
PATHS = {kind: f"/v1/{kind.name.lower()}" for kind in Class}
ANY = Operation(name="any", tag="x", summary="x")


class NoNonces:
    """Every nonce is new."""

    async def use(self, _key_id: str, _nonce: str) -> bool:
        """It is."""
        return True


@dataclass
class House:
    """A gate before one route for each class; what waits in there ends when a test says so."""

    door: Door
    refusals: Refusals
    url: str = ""
    session: aiohttp.ClientSession = field(default=None)  # type: ignore[assignment]
    keys: dict[str, IssuedKey] = field(default_factory=dict)
    ends: asyncio.Event = field(default_factory=asyncio.Event)
    gate: Gate = field(default=None)  # type: ignore[assignment]

    def partner(self, name: str = "one") -> Partner:
        """Its client."""
        return Partner(self.url, self.session, self.keys[name])

    async def send(self, kind: Class, name: str = "one") -> Reply:
        """A request of this class, with a body."""
        return await self.partner(name).send("POST", PATHS[kind], b"{}")

    def fill(self, share: float, owner: int = 99) -> None:
        """So much of the limit is under way, and does not end."""
        units = int(share * LIMIT.initial) - self.door.admission.inflight
        self.door.admission.begin(owner, units, time.perf_counter())

    async def work(self, request: BaseRequest) -> StreamResponse:
        """Any class but an export waits for nothing."""
        kind = Class[request.path.rpartition("/")[2].upper()]
        await self.gate.admit(request, None, kind=kind, json=True)
        if kind is Class.EXPORT:
            await self.ends.wait()
        return json_response(b"{}")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A house with two partners; the second's key may send one request a second."""
    vault, ring, refusals = Vault.open(tmp_path / "kek"), KeyRing(), Refusals()
    house = House(Door(Admission(LIMIT)), refusals)
    keys = {}
    for partner_id, (name, rate) in enumerate([("one", None), ("slow", 1), ("two", None)], 1):
        key_id = f"qk_{name}"
        secret, delivery, signing_blob, delivery_blob = new_partner_secrets(vault, key_id)
        ring.put(key_id, signing_blob, delivery_blob, vault)
        house.keys[name] = IssuedKey(key_id=key_id, secret=secret, delivery_key=delivery)
        keys[key_id] = Key(
            key_id=key_id, partner_id=partner_id, scopes=frozenset(), allow_ips=(),
            rate_per_s=rate, expires_at=None, reads_codes=False,
        )  # fmt: skip
    catalog = Catalog(
        keys=keys, skus={}, skus_by_id={}, upstreams={}, webhook_partners=frozenset(),
        partner_names={},
    )  # fmt: skip
    house.gate = Gate(
        catalog=CurrentCatalog(catalog), keyring=ring, limiter=RateLimiter.local(64),
        nonces=NoNonces(), refusals=refusals, door=house.door,
    )  # fmt: skip
    routes = [Route("POST", path, house.work, ANY) for path in PATHS.values()]
    async with (
        serving(Answering(routes, HttpMeters()).handle) as served,
        aiohttp.ClientSession() as session,
    ):
        house.url, house.session = f"http://127.0.0.1:{served.port}", session
        yield house
        house.ends.set()


async def test_what_ends_something_begun_goes_first(house: House) -> None:
    """As more is under way, classes are refused from the least to the most important; each refusal
    is `overloaded`, says when to come back, and is counted under its class.

    Seen red with one bound for all classes.
    """
    now = time.perf_counter()
    house.door.admission.end(house.door.admission.begin(99, 10_000, now - 1.0), now)
    for refused, share in enumerate((0.1, 0.4, 0.55, 0.76, 0.9, 0.96, 1.0)):
        house.fill(share)
        replies = {kind: await house.send(kind) for kind in Class if kind is not Class.EXPORT}
        for kind, reply in replies.items():
            if kind >= refused:
                assert reply.status == 200, kind
            else:
                assert reply.problem == (503, "overloaded")
                assert int(reply.headers["Retry-After"]) >= 1
                assert reply.json["retryable"] is True
    shed = house.door.shed
    assert [shed[kind] for kind in Class] == [0, 5, 4, 3, 2, 1]


async def test_who_comes_alone_after_retry_after_is_served(house: House) -> None:
    """When what was under way has ended there is room, and its time is what was said.

    Seen red with work that is not ended by its answer.
    """
    waiting = asyncio.create_task(house.send(Class.EXPORT))
    await eventually_under_way(house, 1)
    house.fill(1.0)
    assert (await house.send(Class.CALLBACK)).problem == (503, "overloaded")
    house.door.admission.inflight = 1
    assert (await house.send(Class.CALLBACK)).status == 200
    house.ends.set()
    assert (await waiting).status == 200
    assert house.door.admission.inflight == 0


async def test_a_failed_request_leaves_the_house(house: House, monkeypatch: Any) -> None:
    """Whatever becomes of it, its room is free again.

    Seen red with the room given back only after an answer that went well.
    """

    def fail(_body: bytes) -> None:
        raise RuntimeError

    monkeypatch.setattr("tests.contract.http.test_api_admission.json_response", fail)
    assert (await house.send(Class.ORDER)).problem == (500, "internal")
    assert house.door.admission.inflight == 0


async def eventually_under_way(house: House, units: int) -> None:
    """Wait until so much is."""

    async def holds() -> bool:
        return house.door.admission.inflight == units

    await eventually(holds)


# ---------------------------------------------------------------- heads


async def test_strangers_are_told_so_before_anything_else(house: House) -> None:
    """Full or not: an unknown key and a stale time are 401, for they are none of our partners.

    Seen red with the door before the gate.
    """
    house.fill(1.0)
    unknown = await house.partner().send(
        "POST", PATHS[Class.ORDER], b"{}", headers={"X-Quangate-Key": "qk_nobody"}
    )
    assert unknown.problem == (401, "unauthenticated")
    stale = await house.partner().send("POST", PATHS[Class.ORDER], b"{}", at=1.0)
    assert stale.problem == (401, "stale-timestamp")
    assert not any(house.door.shed.values())


async def test_the_body_of_what_is_refused_is_not_waited_for(house: House) -> None:
    """On the head alone: with a bucket that is empty, or no room, the answer comes first.

    Seen red with the body read before the door: nothing came.
    """
    assert (await house.send(Class.QUERY, "slow")).status == 200
    assert (await headed(house, "slow")).startswith(b"HTTP/1.1 429 ")
    house.fill(1.0)
    assert (await headed(house, "one")).startswith(b"HTTP/1.1 503 ")


async def headed(house: House, name: str) -> bytes:
    """The answer to a head whose body never comes; the signature is one of nothing."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(house.url.rpartition(":")[2]))
    writer.write(
        b"POST /v1/query HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Content-Length: 100\r\nX-Quangate-Key: %b\r\nX-Quangate-Timestamp: %d\r\n"
        b"X-Quangate-Nonce: 0123456789abcdef\r\nX-Quangate-Signature: v1=00\r\n\r\n"
        % (house.keys[name].key_id.encode(), time.time())
    )
    answer = await reader.read()
    writer.close()
    return answer


async def test_what_others_say_in_a_keys_name_is_not_counted_against_it(house: House) -> None:
    """A key id is no secret. Forged requests take nothing from its bucket, no room, and make its
    partner no heavier; 403 is said only to who can sign.

    Seen red with the bucket taken from at the door: the partner itself got 429.
    """
    for _ in range(20):
        forged = await house.partner("slow").send(
            "POST", PATHS[Class.QUERY], b"{}", headers={"X-Quangate-Signature": "v1=00"}
        )
        assert forged.problem == (401, "unauthenticated")
    assert house.door.admission.inflight == 0
    assert house.door.admission._work_of == {}
    assert (await house.send(Class.QUERY, "slow")).status == 200


async def test_a_body_that_does_not_come_takes_no_room(house: House) -> None:
    """Only who has proved itself is under way.

    Seen red with the request counted on its head.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", int(house.url.rpartition(":")[2]))
    writer.write(
        b"POST /v1/order HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nX-Quangate-Key: qk_one\r\n"
        b"X-Quangate-Timestamp: %d\r\nX-Quangate-Nonce: 0123456789abcdef\r\n"
        b"X-Quangate-Signature: v1=00\r\nExpect: 100-continue\r\n\r\n" % time.time()
    )
    assert await reader.readline() == b"HTTP/1.1 100 Continue\r\n"  # it waits for the body now
    assert house.door.admission.inflight == 0
    writer.close()


async def test_refusals_of_the_moment_are_not_kept_for_the_operator(house: House) -> None:
    """`key check` shows what a partner did wrong: not that there was no room.

    Seen red with every refusal kept: a digest of its body for each.
    """
    house.fill(1.0)
    assert (await house.send(Class.QUERY)).status == 503
    assert house.refusals.news() is None
    await house.partner().send("POST", PATHS[Class.ORDER], b"{}", at=1.0)
    kept = msgspec.json.decode(house.refusals.news() or b"{}")
    assert [each["code"] for each in kept["qk_one"]] == ["stale-timestamp"]


async def test_the_heaviest_partner_of_late_is_refused_first(house: House) -> None:
    """In the middle of a class's band there is room for who had none of the work.

    Seen red with levels that do not look at who asks.
    """
    admission = house.door.admission
    now = time.perf_counter()
    admission.end(admission.begin(1, 10, now - 0.1), now)  # partner 1 had all of it
    house.fill(0.8)
    assert (await house.send(Class.ORDER, "one")).problem == (503, "overloaded")
    assert (await house.send(Class.ORDER, "two")).status == 200
