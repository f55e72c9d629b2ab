"""What a simulated platform answers by its protocol file: the reverse of `reading`."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from connectors.contract import Reason
from connectors.generic.parts import Compiled, Seen
from connectors.generic.paths import Amount, put, read_amount
from connectors.generic.protocol import When
from connectors.generic.template import Value, fill_fields
from connectors.loose import yuan
from connectors.signing import compact_json
from connectors.simulation.goods import Product
from connectors.simulation.ledger import Order, OrderState
from connectors.simulation.market import PRICE_PERCENT
from connectors.simulation.platform import Reply

FAILED: Final = frozenset({OrderState.FAILED, OrderState.CANCELLED, OrderState.REVERSED})
DELIVERED: Final = frozenset({OrderState.SUCCESS, OrderState.PARTIAL})
# What is said of a state that the file has no word for.
NEXT_BEST: Final[Mapping[OrderState, tuple[str, ...]]] = {
    OrderState.PROCESSING: ("processing",),
    OrderState.SUCCESS: ("success",),
    OrderState.PARTIAL: ("partial", "success"),
    OrderState.FAILED: ("failed", "reversed", "cancelled"),
    OrderState.CANCELLED: ("cancelled", "failed", "reversed"),
    OrderState.REVERSED: ("reversed", "failed", "cancelled"),
}
PAUSING: Final = frozenset({Reason.INSUFFICIENT_BALANCE, Reason.CREDENTIALS, Reason.RATE_LIMITED})
IN_NO_LIST: Final = "-999"


class Replies:
    """Answers of one protocol."""

    def __init__(self, protocol: Compiled) -> None:
        self._protocol = protocol
        self._words = protocol.protocol.answer

    # --- envelopes --------------------------------------------------------------------------------

    def done(self) -> Reply:
        """Success with nothing to say."""
        return self._answer(self._ok())

    def refusal(self, reason: Reason) -> Reply:
        """The code or text of a reason; else one of the refusals; else one that is in no list."""
        for said, named in self._words.reasons.items():
            if named == reason.value:
                if said in self._words.texts:
                    return self._answer(self._coded_refusal(reason), said)
                return self._answer(said, reason.value)
        return self._answer(self._coded_refusal(reason), reason.value)

    def _coded_refusal(self, reason: Reason) -> str:
        words = self._words
        lists = [words.refused, words.refused_if_absent]
        if reason in PAUSING:
            lists.insert(0, words.refused_upstream)
        return next((code for codes in lists for code in codes), IN_NO_LIST)

    def duplicate(self) -> Reply:
        """A number that is there already."""
        text = self._text_for("duplicate")
        code = next(iter(self._words.duplicate), self._coded_refusal(Reason.OTHER) if text else "")
        return self._answer(code or IN_NO_LIST, text or "duplicate")

    def absent(self) -> Reply:
        """No such order: as a code, as a text, or as an empty list."""
        query = self._protocol.protocol.query
        codes = self._words.absent if query.absent is None else query.absent
        if codes:
            return self._answer(codes[0], "no such order")
        if query.rows:
            return self._answer(self._ok(query=True), rows=(query.rows, []))
        return self._answer(self._coded_refusal(Reason.OTHER), self._text_for("absent"))

    def _text_for(self, meaning: str) -> str:
        return next((text for text, word in self._words.texts.items() if word == meaning), "")

    def _ok(self, *, query: bool = False) -> str:
        own = self._protocol.protocol.query.ok
        codes = own if query and own is not None else self._words.ok
        return next(iter(codes or self._words.ok or own or ("0",)))

    def _answer(
        self,
        code: str,
        message: str = "ok",
        body: dict[str, Any] | None = None,
        rows: tuple[str, list[Any]] | None = None,
    ) -> Reply:
        answer = {} if body is None else body
        if rows is not None:
            put(answer, *rows)
        if self._words.message:
            put(answer, self._words.message, message)
        put(answer, self._words.code, as_number(code))
        return Reply(body=compact_json(answer).encode())

    # --- orders -----------------------------------------------------------------------------------

    def accepted(self, order: Order, shown: Mapping[str, Value]) -> Reply:
        """The answer to a purchase."""
        answer = self._extras("submit", shown)
        self._put_sums(answer, self._protocol.submitted, order, OrderState.PROCESSING, shown)
        return self._answer(self._ok(), body=answer)

    def query(self, order: Order, shown: Mapping[str, Value]) -> Reply:
        """The answer to a query; where its code is the state, it is the state."""
        query, seen = self._protocol.protocol.query, self._protocol.queried
        told = self._extras("query", shown)
        self._put_sums(told, seen, order, order.state, shown)
        state = self._state(order, order.state, seen, query.code_states)
        put(told, seen.state, as_number(state))
        if query.codes is not None:
            put(told, query.codes.rows, self._codes(order))
        body: dict[str, Any] = told
        if query.rows:
            body = {}
            put(body, query.rows, [told])
        code = state if seen.state == self._words.code else self._ok(query=True)
        return self._answer(code, body=body)

    def tell(
        self, fields: dict[str, Any], order: Order, state: OrderState, shown: Mapping[str, Value]
    ) -> None:
        """Write into a callback's fields what it tells."""
        news, seen = self._protocol.protocol.callback, self._protocol.told
        if news is None or seen is None:
            return
        self._put_sums(fields, seen, order, state, shown)
        put(fields, news.attempt, order.our_no)
        put(fields, seen.state, as_number(self._state(order, state, seen, {})))
        if news.time:
            put(fields, news.time, shown["time"])

    def _state(
        self, order: Order, state: OrderState, seen: Seen, code_states: Mapping[str, str]
    ) -> str:
        states = {**seen.states, **(code_states if not order.account else {})}
        return next(
            (word for best in NEXT_BEST[state] for word, kind in states.items() if kind == best),
            "processing",
        )

    def _put_sums(
        self,
        target: dict[str, Any],
        seen: Seen,
        order: Order,
        state: OrderState,
        shown: Mapping[str, Value],
    ) -> None:
        echo = seen.echo
        texts = {
            seen.upstream_no: order.upstream_no, echo.attempt: order.our_no,
            echo.account: order.account, echo.product: order.product,
            echo.quantity: order.quantity,
        }  # fmt: skip
        for path, value in texts.items():
            if path:
                put(target, path, value)
        self._put_amount(target, seen.cost, shown["cost"])
        self._put_amount(target, seen.refunded, shown["refunded"])
        if seen.refunded_when is not None and seen.refunded_when.values:
            counts = seen.refunded_when.values[0] if shown["refunded"] else "0"
            put(target, seen.refunded_when.at, as_number(counts))
        if seen.delivered is not None:
            is_done = state in DELIVERED
            count = order.delivered_quantity if is_done else 0
            face = order.delivered_face_minor if is_done else 0
            if seen.delivered.unit:
                self._put_amount(target, seen.delivered, face)
            elif count or state is not OrderState.PARTIAL:
                # Half of one piece is told by the money alone.
                put(target, seen.delivered.path, count)

    def _put_amount(self, target: dict[str, Any], amount: Amount | None, minor: Value) -> None:
        if amount is not None:
            put(target, amount.path, written(amount.unit, int(minor or 0)))

    def _codes(self, order: Order) -> list[Any]:
        codes = self._protocol.protocol.query.codes
        if codes is None or order.state not in DELIVERED:
            return []
        if not codes.code:
            return [f"{number}----{pin}" for number, pin in order.codes]
        shown: list[Any] = []
        for number, pin in order.codes:
            card: dict[str, Any] = {}
            put(card, codes.code, number)
            if codes.pin:
                put(card, codes.pin, pin)
            shown.append(card)
        return shown

    # --- the rest ---------------------------------------------------------------------------------

    def balance(self, minor: int, shown: Mapping[str, Value]) -> Reply:
        """What is left."""
        funds, answer = self._protocol.protocol.balance, self._extras("balance", shown)
        if funds is not None:
            self._put_amount(answer, read_amount(funds.amount), minor)
        return self._answer(self._ok(), body=answer)

    def catalog(self, products: Sequence[Product], page: int) -> Reply:
        """A page of the products there are."""
        goods, answer = self._protocol.protocol.catalog, dict[str, Any]()
        if goods is None:
            return self.refusal(Reason.INVALID_REQUEST)
        size = goods.page_size or len(products)
        found: list[Any] = []
        for product in products[(page - 1) * size : page * size]:
            row: dict[str, Any] = {}
            put(row, goods.id, as_number(product.product_id))
            if goods.name:
                put(row, goods.name, product.name)
            price = product.face_minor * PRICE_PERCENT // 100
            for place, minor in ((goods.cost, price), (goods.face, product.face_minor)):
                if place:
                    self._put_amount(row, read_amount(place), minor)
            _choose(row, goods.available, holds=True)
            _choose(row, goods.sells_codes, holds=product.kind == "code")
            found.append(row)
        put(answer, goods.rows, found)
        return self._answer(self._ok(), body=answer)

    def _extras(self, name: str, shown: Mapping[str, Value]) -> dict[str, Any]:
        """What the file shows beside what is read."""
        made: dict[str, Any] = {}
        filled = fill_fields(self._protocol.shown[name], shown, self._protocol.currency)
        for path, value in filled.items():
            put(made, path, value)
        return made


def _choose(row: dict[str, Any], when: When | None, *, holds: bool) -> None:
    """Write a member so that a condition holds, or does not."""
    if when is None or not when.values:
        return
    other = "0" if "0" not in when.values else "none"
    put(row, when.at, as_number(when.values[0] if holds else other))


def written(unit: str, minor: int) -> str | int:
    """An amount as these platforms write it."""
    return minor if unit == "fen" else yuan(minor)


def as_number(text: str) -> int | str:
    """A code or a state as most platforms write it: plain digits as a number."""
    is_plain = text.lstrip("-").isdecimal() and str(int(text)) == text
    return int(text) if is_plain else text
