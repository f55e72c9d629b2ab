"""An order's life in one line: what happened, when, by whom. Pure; nothing here is a code."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

Row = Mapping[str, Any]
GATEWAY: Final = "quangate"  # who does what nobody asked for at that moment
REVERSED: Final = "reversed"
# What an order became by how its attempt ended. One that was taken back says nothing of before.
_BECAME: Final = {
    "succeeded": "delivered", "partial": "partial", "rejected": "failed", "failed": "failed",
}  # fmt: skip
# The kinds; what comes first of what has one time: causes before effects.
SAID_KINDS: Final = (
    "accepted", "charged", "claimed", "sent", "answered", "callback", "proposed", "decided",
    "changed", "case", "settled", "reversed", "refunded", "adjusted", "revealed", "told",
)  # fmt: skip
_MONEY: Final = {"charge": "charged", "refund": "refunded"}
# What events say. A page has them in the reader's language, with its own way of saying facts.
SAID_ACCEPTED: Final = "{quantity} × {sku}, as {out_order_no}"
SAID_CODES: Final = "{count} codes from the pool {pool}"
SAID_TO: Final = "to {upstream}, product {product}"
SAID_STATE: Final = "{state}"
SAID_NUMBER: Final = ", its number {number}"
SAID_HINT: Final = "{state} ({verdict})"
SAID_HINTS: Final = "{state} ({verdict}, {times} times)"
SAID_MONEY: Final = "{amount} {currency} in minor units"
SAID_REFERENCE: Final = ", reference {reference}"
SAID_ALL_CODES: Final = "codes, by {via}"
SAID_ONE_CODE: Final = "code {index}, by {via}"
SAID_MESSAGE: Final = "{type}: {state} after {attempts} attempts"
SAID_LAST: Final = ", last answer {status}"
SAID_WHY: Final = ": {why}"
SAID_IN_BRACKETS: Final = " ({why})"


class Said(NamedTuple):
    """A piece of what an event says: a sentence with its facts in braces.

    `shown` is the sentence for pages, where it is another: they say money as people do.
    """

    sentence: str
    facts: Row
    shown: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened. `ref` is where it stands in the admin API, below `/admin/v1/`.

    `whose` is the noun of its actor: partner, upstream, key, operator; None: none of them.
    """

    at: datetime
    kind: str
    actor: str
    said: Sequence[Said]
    ref: str | None = None
    whose: str | None = None

    @property
    def text(self) -> str:
        """What it says."""
        return "".join(each.sentence.format_map(each.facts) for each in self.said)

    def place(self) -> tuple[datetime, int]:
        """By time, then cause."""
        return self.at, SAID_KINDS.index(self.kind)

    def told(self) -> Row:
        """As a row of the API."""
        return {
            "at": self.at, "kind": self.kind, "actor": self.actor, "text": self.text,
            "ref": self.ref,
        }  # fmt: skip


def timeline(order: Row, parts: Mapping[str, Sequence[Row]]) -> Sequence[Event]:
    """The events of an order, oldest first; `parts` are its rows by their name in the page."""
    events = [
        *_of_order(order, parts["attempts"]),
        *_of_end(order, parts),
        *_of_reversal(order, parts),
        *(e for row in parts["attempts"] for e in _of_attempt(row)),
        *(_of_callback(row) for row in parts["callbacks"]),
        *(_of_entry(order, row) for row in parts["entries"]),
        *(e for row in parts["resolutions"] for e in _of_resolution(order, row)),
        *(_of_change(row) for row in parts["changes"]),
        *(_of_reveal(order, row) for row in parts["reveals"]),
        *(e for row in parts["cases"] for e in _of_case(order, row)),
        *(_of_webhook(row) for row in parts["webhooks"]),
    ]
    return sorted(events, key=Event.place)


def _of_order(order: Row, attempts: Sequence[Row]) -> Iterator[Event]:
    ref = f"orders/{order['order_no']}"
    facts = {name: order[name] for name in ("quantity", "sku", "out_order_no")}
    yield Event(
        at=order["created_at"], kind="accepted", actor=order["partner"], whose="partner",
        said=[Said(SAID_ACCEPTED, facts)], ref=ref,
    )  # fmt: skip
    if order["pool"] is not None and not attempts:
        facts = {"count": order["delivered_quantity"], "pool": order["pool"]}
        yield Event(
            at=order["created_at"], kind="claimed", actor=GATEWAY, said=[Said(SAID_CODES, facts)],
            ref=f"pools/{order['pool']}",
        )  # fmt: skip


def _of_end(order: Row, parts: Mapping[str, Sequence[Row]]) -> Iterator[Event]:
    """When it was delivered or failed, and as what: nothing that came after it moves that.

    Of a top-up that its upstream took back, only a message of that moment still knows it.
    """
    found = _end_of(order, parts["attempts"], parts["webhooks"])
    if found is None:
        return
    at, state = found
    said = [Said(SAID_STATE, {"state": state}), *_why(order, state)]
    ref = f"orders/{order['order_no']}"
    yield Event(at=at, kind="settled", actor=GATEWAY, said=said, ref=ref)


def _end_of(
    order: Row, attempts: Sequence[Row], webhooks: Sequence[Row]
) -> tuple[datetime, str] | None:
    if not attempts:  # codes of a pool are given in the commit that accepts
        return None if order["pool"] is None else (order["created_at"], "delivered")
    # Only what was delivered can be taken back.
    became = {"delivered", "partial"} if order["state"] == REVERSED else {order["state"]}
    ends = [
        *((row["updated_at"], _BECAME.get(row["state"], "")) for row in attempts),
        *((row["created_at"], row["type"].removeprefix("order.")) for row in webhooks),
    ]
    known = [(at, state) for at, state in ends if state in became & set(_BECAME.values())]
    return max(known, default=None)


def _of_reversal(order: Row, parts: Mapping[str, Sequence[Row]]) -> Iterator[Event]:
    """When it was taken back: by its upstream, or by the refund of a case that was the last."""
    if order["state"] != REVERSED:
        return
    taken = [row["updated_at"] for row in parts["attempts"] if row["state"] == REVERSED]
    paid = [row["created_at"] for row in parts["entries"] if row["kind"] == "refund"]
    if taken or paid:
        said = [Said(SAID_STATE, {"state": REVERSED}), *_why(order, REVERSED)]
        ref = f"orders/{order['order_no']}"
        yield Event(at=max(taken or paid), kind=REVERSED, actor=GATEWAY, said=said, ref=ref)


def _why(order: Row, state: str) -> list[Said]:
    """Why it is as it is, where that is what is told of."""
    failure = (order["failure"] or {}) if state == order["state"] else {}
    return _in_brackets(_joined(failure.get("code"), failure.get("detail")))


def _of_attempt(row: Row) -> Iterator[Event]:
    ref = f"attempts/{row['attempt_no']}"
    where = [Said(SAID_TO, {"upstream": row["upstream"], "product": row["product_id"]})]
    yield Event(at=row["created_at"], kind="claimed", actor=GATEWAY, said=where, ref=ref)
    if row["sent_at"] is not None:
        yield Event(at=row["sent_at"], kind="sent", actor=GATEWAY, said=where, ref=ref)
    if row["state"] != "created":
        number = row["upstream_no"]
        said = [
            Said(SAID_STATE, {"state": row["state"]}),
            *([Said(SAID_NUMBER, {"number": number})] if number else []),
            *_in_brackets(_joined(row["code"], row["message"])),
        ]
        yield Event(
            at=row["updated_at"], kind="answered", actor=row["upstream"], whose="upstream",
            said=said, ref=ref,
        )  # fmt: skip


def _of_callback(row: Row) -> Event:
    facts = {"state": row["hint"], "verdict": row["verdict"], "times": row["times"]}
    return Event(
        at=row["received_at"], kind="callback", actor=row["upstream"], whose="upstream",
        said=[Said(SAID_HINTS if row["times"] > 1 else SAID_HINT, facts)],
        ref=f"callbacks/{row['id']}",
    )  # fmt: skip


def _of_entry(order: Row, row: Row) -> Event:
    proof = row["reference"]
    return Event(
        at=row["created_at"],
        kind=_MONEY.get(row["kind"], "adjusted"),
        actor=GATEWAY,
        said=[
            Said(SAID_MONEY, {"amount": row["amount"], "currency": order["currency"]}, "{amount}"),
            *([Said(SAID_REFERENCE, {"reference": proof})] if proof else []),
        ],
        ref=f"entries/{order['partner']}:{row['id']}",
    )


def _of_resolution(order: Row, row: Row) -> Iterator[Event]:
    ref = f"orders/{order['order_no']}"
    verdict = Said(SAID_STATE, {"state": row["verdict"]})
    yield Event(
        at=row["requested_at"], kind="proposed", actor=row["requested_by"], whose="operator",
        said=[verdict, Said(SAID_WHY, {"why": row["reason"]})], ref=ref,
    )  # fmt: skip
    if row["approved_at"] is not None:
        yield Event(
            at=row["approved_at"], kind="decided", actor=row["approved_by"], whose="operator",
            said=[verdict, Said(SAID_WHY, {"why": row["outcome"]})], ref=ref,
        )  # fmt: skip


def _of_change(row: Row) -> Event:
    said = [Said(SAID_STATE, {"state": row["action"]}), *_because(row["reason"])]
    return Event(
        at=row["at"], kind="changed", actor=row["actor"], whose="operator", said=said,
        ref=f"changes/{row['id']}",
    )  # fmt: skip


def _of_reveal(order: Row, row: Row) -> Event:
    sentence = SAID_ALL_CODES if row["index"] is None else SAID_ONE_CODE
    facts = {"index": row["index"], "via": row["via"]}
    return Event(
        at=row["at"], kind="revealed", actor=row["actor"], whose=_whose(order, row["actor"]),
        said=[Said(sentence, facts), *_because(row["reason"])], ref=f"reveals/{row['id']}",
    )  # fmt: skip


def _of_case(order: Row, row: Row) -> Iterator[Event]:
    ref = f"cases/{row['case_no']}"
    kind = Said(SAID_STATE, {"state": row["kind"]})
    yield Event(
        at=row["created_at"], kind="case", actor=row["actor"], whose=_whose(order, row["actor"]),
        said=[kind, Said(SAID_WHY, {"why": row["reason"]})], ref=ref,
    )  # fmt: skip
    if row["decided_at"] is not None:
        outcome = Said(SAID_WHY, {"why": row["outcome"] or row["state"]})
        yield Event(
            at=row["decided_at"], kind="case", actor=row["decided_by"], whose="operator",
            said=[kind, outcome], ref=ref,
        )  # fmt: skip


def _of_webhook(row: Row) -> Event:
    facts = {name: row[name] for name in ("type", "state", "attempts")}
    status = row["last_status"]
    return Event(
        at=row["created_at"],
        kind="told",
        actor=GATEWAY,
        said=[
            Said(SAID_MESSAGE, facts),
            *([] if status is None else [Said(SAID_LAST, {"status": status})]),
        ],
        ref=f"webhooks/{row['id']}",
    )


def _whose(order: Row, actor: str) -> str:
    """Whose name it is of those who see codes or open cases."""
    return (
        "partner" if actor == order["partner"] else "key" if actor.startswith("qk_") else "operator"
    )


def _joined(*texts: str | None) -> str:
    return ": ".join(filter(None, texts))


def _in_brackets(why: str) -> list[Said]:
    return [Said(SAID_IN_BRACKETS, {"why": why})] if why else []


def _because(why: str | None) -> list[Said]:
    return [Said(SAID_WHY, {"why": why})] if why else []
