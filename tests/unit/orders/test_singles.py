"""Plain single orders: gathered, committed together, and each answered where it came from."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import orjson
import pytest

from gateway.catalog.rules import Catalog, CurrentCatalog, Scope
from gateway.ground.http.direct_answer import DirectAnswer
from gateway.ground.http.door import Door
from gateway.ground.http.meters import RouteMeter
from gateway.ground.native import (
    Allocator,
    KeyRing,
    RateLimiter,
    Vault,
    new_partner_secrets,
    sign_request,
)
from gateway.orders.http_single import Singles
from gateway.orders.intake import Intake
from gateway.orders.place import Placement
from gateway.orders.rules import LineOutcome
from gateway.partners.authentication import Gate
from gateway.prices.rules import PriceBook, Priced, PriceList
from gateway.quotas.rules import Per
from tests.unit.orders.plain_shop import KEY, shop, sku
from tests.unit.orders.test_intake import intake_on
from tests.unit.orders.test_plain_batches import Books, Codes, line_of
from tests.world.two_fronts import rest

ORDERING = replace(KEY, scopes=frozenset({Scope.ORDERS_WRITE}))
CATALOG = shop(
    sku(1, "PLAIN"), sku(2, "OTHER"), sku(3, "FEW", quantity_max=2),
    sku(4, "COUNTED", quotas=[(7, Per.BUYER)]),
)  # fmt: skip
C, REPLAYED = LineOutcome.CREATED, LineOutcome.REPLAYED


def with_key(catalog: Catalog = CATALOG, **more: Any) -> Catalog:
    """The shop for a key that may order."""
    return replace(catalog, keys={KEY.key_id: replace(ORDERING, **more)})


class Exchanged:
    """Where an order came from, and what is said there."""

    is_watched = False

    def __init__(self) -> None:
        self.answers: list[bytes] = []
        self.handlers: list[Any] = []
        self.works: list[Any] = []

    def tell(self, answer: bytes) -> None:
        """A whole answer."""
        self.answers.append(answer)

    def run(self, handler: Any, work: Any, limit: Any) -> None:  # noqa: ARG002
        """Its handler would go on."""
        self.handlers.append(handler)
        self.works.append(work)


class Counter:
    """The singles of a shop in memory, with all that is around them."""

    def __init__(self, home: Path, stock: Codes, books: Books, catalog: Catalog) -> None:
        self.vault, self.keyring = Vault.open(home / "kek"), KeyRing()
        self.secret, _, signing, delivery = new_partner_secrets(self.vault, KEY.key_id)
        self.keyring.put(KEY.key_id, signing, delivery, self.vault)
        self.door, self.catalog = Door(), CurrentCatalog(catalog)
        self.gate = Gate(
            catalog=self.catalog, keyring=self.keyring, limiter=RateLimiter.local(16),
            nonces=cast("Any", None), refusals=cast("Any", None), door=self.door,
        )  # fmt: skip
        self.books, self.meter = books, RouteMeter()
        self.outcomes = [0] * (max(LineOutcome) + 1)
        self.path: Intake = intake_on(
            cast("Any", stock), cast("Any", books), batch_max=100,
            answer_plain=lambda batch, moment: batch.answer(
                self.vault, self.keyring, Allocator(), moment
            ),
        )  # fmt: skip
        self.path.start()
        placement = Placement(
            catalog=self.catalog, now=lambda: datetime.now(UTC), lines=self.path,
            buying=cast("Any", None), passes=cast("Any", None), count=self.outcomes,
            refused=lambda *_: None,
        )  # fmt: skip
        self.singles = Singles(
            self.gate, placement, self.catalog, self.path.entrance, cast("Any", self._answer)
        )

    async def _answer(self, _request: Any, _key: Any, placed: Any) -> Any:
        return placed

    def request(
        self, number: str, *, body: bytes | None = None, head: str = "", **more: Any
    ) -> bytes:
        """A signed order."""
        said = {"out_order_no": number, "sku": "PLAIN"} | more
        body = orjson.dumps(said) if body is None else body
        at, nonce = str(int(time.time())), f"nonce-of-an-order-{number}"
        signature = sign_request(self.secret, "POST", "/v1/orders", at, nonce, body)
        return (
            f"POST /v1/orders HTTP/1.1\r\nHost: x\r\nX-Quangate-Key: {KEY.key_id}\r\n"
            f"X-Quangate-Timestamp: {at}\r\nX-Quangate-Nonce: {nonce}\r\n{head}"
            f"X-Quangate-Signature: {signature}\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode() + body

    def take(self, request: bytes, exchange: Exchanged | None = None) -> bool:
        """Whether it is taken whole."""
        end = self.singles.take(request, 0, exchange or Exchanged(), self.meter)
        assert end in {0, len(request)}
        return bool(end)


@pytest.fixture
async def counter(tmp_path: Path) -> Counter:
    """With ten codes."""
    return Counter(tmp_path, Codes(10), Books(), with_key())


async def settled(counter: Counter) -> None:
    """Everything that waits is decided."""
    counter.books.go.set()
    await rest(cast("Any", SimpleNamespace(written=b"")))


async def test_singles_are_one_commit_and_one_answer_each(counter: Counter) -> None:
    """What waits is committed together, each is answered by the bytes that the other way writes,
    and nothing is under way then. Seen red with the answers given in another order.
    """
    numbers = ["a", "b", "c"]
    exchanges = [Exchanged() for _ in numbers]
    for number, exchange in zip(numbers, exchanges, strict=True):
        assert counter.take(counter.request(number, quantity=2), exchange)
    assert counter.path.waiting == 3
    assert counter.door.admission.inflight == 9
    await settled(counter)
    assert [request.size for request in counter.books.requests] == [3]
    for place, (number, exchange) in enumerate(zip(numbers, exchanges, strict=True), 1):
        head, _, body = exchange.answers[0].partition(b"\r\n\r\n")
        order = orjson.loads(body)
        assert (order["out_order_no"], order["order_no"]) == (number, str(place))
        lines = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:])
        wanted = DirectAnswer(body, 201, "application/json").wire(lines[b"Request-Id"].decode())
        assert exchange.answers == [wanted]
    assert len({one.answers[0].partition(b"Request-Id: ")[2][:32] for one in exchanges}) == 3
    assert counter.door.admission.inflight == 0
    assert (counter.outcomes[C], counter.meter.by_class[2]) == (3, 3)
    assert counter.path.waiting == 0
    await counter.path.close()


async def test_what_turned_out_otherwise_goes_on_line_by_line(tmp_path: Path) -> None:
    """Of singles that were committed together one is known: each has an end of its own, with its
    share of what is under way. Seen red with the shares left out.
    """
    counter = Counter(tmp_path, Codes(10), Books([C, REPLAYED]), with_key())
    exchanges = [Exchanged(), Exchanged()]
    for number, exchange in zip("ab", exchanges, strict=True):
        assert counter.take(counter.request(number), exchange)
    await settled(counter)
    placed = [await exchange.handlers[0](None) for exchange in exchanges]
    assert [one.answered.outcome for one in placed] == [C, REPLAYED]
    assert not any(exchange.answers for exchange in exchanges)
    assert sum(exchange.works[0].units for exchange in exchanges) == 4
    assert counter.door.admission.inflight == 4  # until they are answered
    await counter.path.close()


async def test_what_is_not_plain_is_left_to_the_other_way(counter: Counter) -> None:
    """Nothing is counted, taken or entered for it."""
    request = counter.request
    odd = {
        "another signature": request("a").replace(b"v1=", b"v1=0"),
        "another body": request("a").replace(b'"a"', b'"b"'),
        "a key nobody has": request("a").replace(b"qk_1", b"qk_2"),
        "unfinished": request("a")[:-1],
        "a deadline": request("a", head="X-Quangate-Deadline: 1000\r\n"),
        "a type": request("a", head="Content-Type: text/plain\r\n"),
        "metadata": request("a", metadata={"a": "b"}),
        "no SKU": request("a", sku="NOPE"),
        "too many": request("a", sku="FEW", quantity=3),
        "no buyer": request("a", sku="COUNTED"),
        "no order": request("a", body=b"{}"),
    }
    for name, each in odd.items():
        assert not counter.take(each), name
        assert not counter.take(each), f"{name}, once more"
    assert counter.take(request("a", sku="FEW", quantity=2))
    assert counter.take(request("b", sku="COUNTED", buyer={"id": "x"}))
    assert not counter.take(request("a"))  # it is on its way
    counter.path.submit(line_of("d"))
    assert not counter.take(request("d"))
    watched = Exchanged()
    watched.is_watched = True
    assert not counter.take(request("e", head="X-Forwarded-For: 1.1.1.1\r\n"), watched)
    assert counter.take(request("e", head="X-Forwarded-For: 1.1.1.1\r\n"))
    assert counter.path.waiting == 4
    await settled(counter)
    await counter.path.close()


@pytest.mark.parametrize(
    "key",
    [
        {"scopes": frozenset()},
        {"allow_ips": ("10.0.0.0/8",)},
        {"expires_at": datetime.now(UTC) - timedelta(seconds=1)},
    ],
)
async def test_a_key_of_which_more_has_to_be_judged(tmp_path: Path, key: dict[str, Any]) -> None:
    """It has no plain orders."""
    counter = Counter(tmp_path, Codes(10), Books(), with_key(**key))
    assert not counter.take(counter.request("a"))
    await counter.path.close()


async def test_terms_are_those_of_the_catalog_of_now(counter: Counter) -> None:
    """A change counts for the next order."""
    assert counter.take(counter.request("a"))
    counter.catalog.now = replace(with_key(), webhook_partners=frozenset({7}))
    assert not counter.take(counter.request("b"))
    counter.catalog.now = with_key()
    assert counter.take(counter.request("b"))
    await settled(counter)
    await counter.path.close()


async def test_what_waits_grows_only_while_nothing_is_changed(counter: Counter) -> None:
    """Who comes after a change of price or quotas is sold by the new ones, though others of the
    SKU still wait with the old. Seen red: the price of those that waited.
    """
    before, after = Exchanged(), Exchanged()
    assert counter.take(counter.request("a", buyer={"id": "x"}), before)
    dearer = sku(1, "PLAIN", quotas=[(8, Per.BUYER)])
    catalog = with_key(shop(dearer))
    prices = PriceBook({1: PriceList(Priced(299))})
    counter.catalog.now = replace(catalog, books=catalog.books | {PriceBook: prices})
    assert counter.take(counter.request("b", buyer={"id": "x"}), after)
    assert counter.take(counter.request("c", buyer={"id": "x"}), after)
    await settled(counter)
    answers = [*before.answers, *after.answers]
    amounts = [orjson.loads(each.partition(b"\r\n\r\n")[2])["amount"] for each in answers]
    assert amounts == [199, 299, 299]
    await counter.path.close()


async def test_a_key_s_rate_counts_and_refuses_here_too(tmp_path: Path) -> None:
    """Each order takes a token, and one without is left to who says so, its number free."""
    counter = Counter(tmp_path, Codes(10), Books(), with_key(rate_per_s=2))
    assert [counter.take(counter.request(number)) for number in "abc"] == [True, True, False]
    assert not counter.path.may_repeat(7, "c")
    assert counter.path.waiting == 2
    await settled(counter)
    await counter.path.close()


async def test_what_waits_grows_only_until_it_is_taken(counter: Counter) -> None:
    """Who comes while a commit is under way is in the next."""
    assert counter.take(counter.request("a"))
    await rest(cast("Any", SimpleNamespace(written=b"")))
    late = Exchanged()
    assert counter.take(counter.request("b"), late)
    await settled(counter)
    assert [request.size for request in counter.books.requests] == [1, 1]
    assert len(late.answers) == 1
    await counter.path.close()


async def test_nobody_is_taken_where_orders_are_refused(counter: Counter) -> None:
    """Who is refused then is decided by rules that look at more than this."""
    counter.door.admission.more(1_000_000)
    assert not counter.take(counter.request("a"))
    counter.door.admission.more(-1_000_000)
    assert counter.take(counter.request("a"))
    await settled(counter)
    await counter.path.close()
