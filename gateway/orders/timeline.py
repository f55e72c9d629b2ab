"""An order's life in one line: what happened, when, by whom. Pure; nothing here is a code."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

Row = Mapping[str, Any]
GATEWAY: Final = "quangate"  # who does what nobody asked for at that moment
FINAL: Final = frozenset({"delivered", "partial", "failed", "reversed"})
# What comes first of what has one time: causes before effects.
CAUSES: Final = (
    "accepted", "charged", "claimed", "sent", "answered", "callback", "proposed", "decided",
    "changed", "case", "settled", "refunded", "adjusted", "revealed", "told",
)  # fmt: skip
_MONEY: Final = {"charge": "charged", "refund": "refunded"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened. `ref` is where it stands in the admin API, below `/admin/v1/`."""

    at: datetime
    kind: str
    actor: str
    text: str
    ref: str | None = None

    def place(self) -> tuple[datetime, int]:
        """By time, then cause."""
        return self.at, CAUSES.index(self.kind)


def timeline(order: Row, parts: Mapping[str, Sequence[Row]]) -> Sequence[Event]:
    """The events of an order, oldest first; `parts` are its rows by their name in the page."""
    events = [
        *_of_order(order, parts["attempts"]),
        *(e for row in parts["attempts"] for e in _of_attempt(row)),
        *(_of_callback(row) for row in parts["callbacks"]),
        *(_of_entry(order, row) for row in parts["entries"]),
        *(e for row in parts["resolutions"] for e in _of_resolution(order, row)),
        *(_of_change(row) for row in parts["changes"]),
        *(_of_reveal(row) for row in parts["reveals"]),
        *(e for row in parts["cases"] for e in _of_case(row)),
        *(_of_webhook(row) for row in parts["webhooks"]),
    ]
    return sorted(events, key=Event.place)


def _of_order(order: Row, attempts: Sequence[Row]) -> Iterator[Event]:
    name, ref = order["partner"], f"orders/{order['order_no']}"
    text = f"{order['quantity']} × {order['sku']}, as {order['out_order_no']}"
    yield Event(at=order["created_at"], kind="accepted", actor=name, text=text, ref=ref)
    if order["pool"] is not None and not attempts:
        text = f"{order['delivered_quantity']} codes from the pool {order['pool']}"
        yield Event(
            at=order["created_at"], kind="claimed", actor=GATEWAY, text=text,
            ref=f"pools/{order['pool']}",
        )  # fmt: skip
    if order["state"] in FINAL:
        failure = order["failure"] or {}
        why = ": ".join(filter(None, (failure.get("code"), failure.get("detail"))))
        text = order["state"] + (f" ({why})" if why else "")
        yield Event(at=order["updated_at"], kind="settled", actor=GATEWAY, text=text, ref=ref)


def _of_attempt(row: Row) -> Iterator[Event]:
    ref = f"attempts/{row['attempt_no']}"
    where = f"{row['upstream']}, product {row['product_id']}"
    yield Event(at=row["created_at"], kind="claimed", actor=GATEWAY, text=f"to {where}", ref=ref)
    if row["sent_at"] is not None:
        yield Event(at=row["sent_at"], kind="sent", actor=GATEWAY, text=f"to {where}", ref=ref)
    if row["state"] != "created":
        said = ": ".join(filter(None, (row["code"], row["message"])))
        number = f", its number {row['upstream_no']}" if row["upstream_no"] else ""
        text = row["state"] + number + (f" ({said})" if said else "")
        yield Event(
            at=row["updated_at"], kind="answered", actor=row["upstream"], text=text, ref=ref
        )


def _of_callback(row: Row) -> Event:
    times = f", {row['times']} times" if row["times"] > 1 else ""
    text = f"{row['hint']} ({row['verdict']}{times})"
    ref = f"callbacks/{row['id']}"
    return Event(at=row["received_at"], kind="callback", actor=row["upstream"], text=text, ref=ref)


def _of_entry(order: Row, row: Row) -> Event:
    proof = f", reference {row['reference']}" if row["reference"] else ""
    return Event(
        at=row["created_at"],
        kind=_MONEY.get(row["kind"], "adjusted"),
        actor=GATEWAY,
        text=f"{row['amount']} {order['currency']} in minor units{proof}",
        ref=f"entries/{order['partner']}:{row['id']}",
    )


def _of_resolution(order: Row, row: Row) -> Iterator[Event]:
    ref = f"orders/{order['order_no']}"
    yield Event(
        at=row["requested_at"], kind="proposed", actor=row["requested_by"],
        text=f"{row['verdict']}: {row['reason']}", ref=ref,
    )  # fmt: skip
    if row["approved_at"] is not None:
        yield Event(
            at=row["approved_at"], kind="decided", actor=row["approved_by"],
            text=f"{row['verdict']}: {row['outcome']}", ref=ref,
        )  # fmt: skip


def _of_change(row: Row) -> Event:
    text = row["action"] + (f": {row['reason']}" if row["reason"] else "")
    return Event(
        at=row["at"], kind="changed", actor=row["actor"], text=text, ref=f"changes/{row['id']}"
    )


def _of_reveal(row: Row) -> Event:
    what = "codes" if row["index"] is None else f"code {row['index']}"
    why = f": {row['reason']}" if row["reason"] else ""
    return Event(
        at=row["at"], kind="revealed", actor=row["actor"], text=f"{what}, by {row['via']}{why}",
        ref=f"reveals/{row['reveal']}",
    )  # fmt: skip


def _of_case(row: Row) -> Iterator[Event]:
    ref = f"cases/{row['case_no']}"
    text = f"{row['kind']}: {row['reason']}"
    yield Event(at=row["created_at"], kind="case", actor=row["actor"], text=text, ref=ref)
    if row["decided_at"] is not None:
        text = f"{row['kind']}: {row['outcome'] or row['state']}"
        yield Event(at=row["decided_at"], kind="case", actor=row["decided_by"], text=text, ref=ref)


def _of_webhook(row: Row) -> Event:
    answered = f", last answer {row['last_status']}" if row["last_status"] is not None else ""
    text = f"{row['type']}: {row['state']} after {row['attempts']} attempts{answered}"
    return Event(
        at=row["created_at"], kind="told", actor=GATEWAY, text=text, ref=f"webhooks/{row['id']}"
    )
