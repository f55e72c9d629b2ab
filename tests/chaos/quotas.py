"""Limited things under attack: pipelined orders over many connections, workers killed meanwhile.

Every buyer, every device and all together want more than quotas allow, at once; a worker dies every
second. `python -m tests.chaos.quotas --orders 100000 --connections 64 --workers 4` prints one JSON
object last. What must not be: more had than is allowed, less than could be had, or a refusal of
what was left: nothing is given back here, so what is refused must be too much at the end, too.
"""

import argparse
import asyncio
import json
import random
import secrets
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from connectors.sdk.client import Signer
from gateway.ground.config import Config
from gateway.ground.desk.transaction import administration
from gateway.ground.outside.client import Credentials
from gateway.quotas import administer as quotas
from gateway.quotas.rules import Per
from tests.chaos.books import audit_complaints
from tests.chaos.processes import GatewayProcess, kill_quietly
from tests.chaos.world import SKU, build_world, opened

EACH, DEVICE = 3, 7  # units of a buyer, of a device
IN_ONE_PACKET = 16
KILL_EVERY_S = 1.0
ANSWERS_BETWEEN = 20  # two kills
AGAIN_S = 0.05
READ_S_MAX = 60.0
AGAIN = {"busy", "overloaded", "maintenance", "unanswered"}
Order = Mapping[str, Any]


@dataclass(slots=True)
class Word:
    """The last answer to an order: its status, what refused it, and what is left then."""

    status: int
    code: str = ""
    quota: str = ""


@dataclass(slots=True, kw_only=True)
class Attack:
    """Orders on their way, and what was said of them."""

    url: str
    credentials: Sequence[Credentials]
    words: dict[str, Word] = field(default_factory=dict)
    answers: Counter[str] = field(default_factory=Counter)

    async def send(self, orders: Sequence[Order], buyer: int) -> None:
        """All in one packet over a connection of their own; what breaks off is unanswered."""
        heads = [_request(self.credentials[buyer % len(self.credentials)], o) for o in orders]
        host, port = self.url.removeprefix("http://").split(":")
        answered = 0
        try:
            reader, writer = await asyncio.open_connection(host, int(port))
            try:
                writer.write(b"".join(heads))
                for order in orders:
                    answer = await asyncio.wait_for(_answer(reader), READ_S_MAX)
                    self._hear(order, *answer)
                    answered += 1
            finally:
                writer.close()
        except (OSError, EOFError, TimeoutError):
            for order in orders[answered:]:
                self._note(order, Word(0, "unanswered"))

    async def until_answered(self, orders: Sequence[Order], buyer: int) -> None:
        """Packet after packet until each has an answer that stays."""
        waiting = list(orders)
        while waiting:
            await self.send(waiting[:IN_ONE_PACKET], buyer)
            later = [o for o in waiting if self._is_open(o)]
            if len(later) == len(waiting):
                await asyncio.sleep(AGAIN_S)
            waiting = later

    def _is_open(self, order: Order) -> bool:
        word = self.words.get(order["out_order_no"])
        return word is None or word.code in AGAIN

    def _hear(self, order: Order, status: int, body: Mapping[str, Any]) -> None:
        self._note(order, Word(status, body.get("code", "") if status >= 400 else "",
                               body.get("quota", "")))  # fmt: skip

    def _note(self, order: Order, word: Word) -> None:
        self.words[order["out_order_no"]] = word
        self.answers[word.code or str(word.status)] += 1


def _request(key: Credentials, order: Order) -> bytes:
    """As bytes: connections are pipelined, which no client does."""
    body = orjson.dumps(order)
    stamp, nonce = str(int(time.time())), secrets.token_urlsafe(16)
    signature = Signer(key.key_id, key.secret).signature("POST", "/v1/orders", stamp, nonce, body)
    return (
        b"POST /v1/orders HTTP/1.1\r\nHost: q\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\nX-Quangate-Key: %b\r\nX-Quangate-Timestamp: %b\r\n"
        b"X-Quangate-Nonce: %b\r\nX-Quangate-Signature: %b\r\n\r\n"
    ) % (len(body), key.key_id.encode(), stamp.encode(), nonce.encode(), signature.encode()) + body


async def _answer(reader: asyncio.StreamReader) -> tuple[int, Mapping[str, Any]]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = int(head.split("content-length:")[1].split("\r\n")[0])
    return int(head.split(" ")[1]), orjson.loads(await reader.readexactly(length))


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large a run is. A third of what is asked for can be had in all."""

    orders: int
    connections: int
    workers: int
    seed: int = 1
    kills: bool = True

    @property
    def buyers(self) -> int:
        """Each wants twice as many pieces as it may have."""
        return max(1, self.orders // (2 * EACH))

    @property
    def total(self) -> int:
        """Units that all together may have: less than all buyers could have."""
        return self.orders // 3


def orders_of(size: Size) -> list[Order]:
    """Each of a buyer, most with a device; a piece or two."""
    rng = random.Random(size.seed)
    devices = max(1, size.orders // (2 * DEVICE))
    orders = []
    for n in range(size.orders):
        buyer: dict[str, str] = {
            "id": f"b{n % size.buyers}",
            "device": f"d{rng.randrange(devices)}",
        }
        orders.append({
            "out_order_no": f"Q{n}", "sku": SKU, "quantity": 2 if rng.random() < 0.1 else 1,
            "buyer": buyer,
        })  # fmt: skip
    rng.shuffle(orders)
    return orders


async def run(size: Size, directory: Path, config: Config | None = None) -> dict[str, Any]:
    """One run; `ok` says whether everything adds up."""
    config = config or Config(data=directory / "data")
    world = await build_world(config, codes=size.total + 1000)
    other = await build_world(config, codes=0, partner="other")
    async with opened(config) as database, administration(database) as db:
        for name, per, most in (
            ("each", Per.BUYER, EACH),
            ("device", Per.DEVICE, DEVICE),
            ("total", Per.TOTAL, size.total),
        ):  # fmt: skip
            await quotas.create_quota(db, name, on=f"sku:{SKU}", per=per, most=most)
    orders = orders_of(size)
    began = time.monotonic()
    async with GatewayProcess(
        config, directory / "gateway.log", workers=size.workers,
        settings={"QUANGATE_LEASE_TTL_S": "3"},
    ) as gateway:  # fmt: skip
        keys = (world.credentials, other.credentials)
        attack = Attack(url=gateway.url, credentials=keys)
        killed: list[int] = []
        killing = asyncio.create_task(_kill(gateway, size, attack, killed))
        try:
            await asyncio.gather(
                *(
                    attack.until_answered(orders[n :: size.connections], n)
                    for n in range(size.connections)
                )
            )
        finally:
            killing.cancel()
            await asyncio.wait([killing])
        seconds = time.monotonic() - began
        await gateway.terminate()
    async with opened(config) as database, database.pool.acquire() as connection:
        wrong = judge(size, orders, attack) + await audit_complaints(connection)
    over = sum("more than" in text for text in wrong)
    return {
        "ok": not wrong, "orders": size.orders, "seconds": round(seconds, 1),
        "answers": dict(attack.answers), "kills": len(killed), "quota_over": over,
        "wrong": wrong[:20],
    }  # fmt: skip


async def _kill(gateway: GatewayProcess, size: Size, attack: "Attack", killed: list[int]) -> None:
    """One worker after the other, each once some more were answered: on a slow machine all would
    be killed before any did something."""
    rng = random.Random(size.seed)
    answered = 0
    while size.kills:
        await asyncio.sleep(KILL_EVERY_S)
        pids = list(gateway.worker_pids())
        if pids and attack.answers.total() >= answered + ANSWERS_BETWEEN:
            answered = attack.answers.total()
            killed.append(rng.choice(pids))
            kill_quietly(killed[-1])


def judge(size: Size, orders: Sequence[Order], attack: Attack) -> list[str]:
    """Recounted from what buyers were told: too many, too few, refused while there was enough."""
    made, refused = [], []
    for n, _ in enumerate(orders):
        # The partner is that of the connection the order went over.
        order = orders[n]
        partner = (n % size.connections) % len(attack.credentials)
        word = attack.words[order["out_order_no"]]
        (made if word.status in {200, 201} else refused).append((order, partner, word))
    had: Counter[tuple[str, Any]] = Counter()
    for order, partner, _ in made:
        had.update(dict.fromkeys(_counts(order, partner), order["quantity"]))
    allowed = {"each": EACH, "device": DEVICE, "total": size.total}
    wrong = [f"{key} had {n}, more than allowed" for key, n in had.items() if n > allowed[key[0]]]
    for order, partner, word in refused:
        keys = dict(_counts(order, partner))
        if word.code != "purchase-limit":
            wrong.append(f"{order['out_order_no']}: {word}")
        elif had[word.quota, keys[word.quota]] + order["quantity"] <= allowed[word.quota]:
            wrong.append(f"{order['out_order_no']} falsely refused by {word.quota}")
    return wrong


def _counts(order: Order, partner: int) -> list[tuple[str, Any]]:
    buyer = order["buyer"]
    return [("each", (partner, buyer["id"])), ("device", buyer["device"]), ("total", "")]


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Attack limits, kill workers, recount.")
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    size = Size(**vars(asked))
    with tempfile.TemporaryDirectory(prefix="quangate-quotas-") as directory:
        result = asyncio.run(run(size, Path(directory)))
    print(json.dumps(result))  # noqa: T201 - the result
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
