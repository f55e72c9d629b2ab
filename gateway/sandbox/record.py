"""An order of the sandbox as it is kept, and as an order anywhere is shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from gateway.orders.record import OrderRecord
from gateway.orders.wire import order_json
from gateway.sandbox.goods import CURRENCY
from gateway.sandbox.rules import Event, Stand, stands


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxOrder:
    """One order; `plan` is JSON, money in minor units."""

    id: int
    partner_id: int
    out_order_no: str
    content_hash: bytes
    sku: str
    quantity: int
    amount: int
    account: str | None
    metadata: str | None
    plan: str
    held_until: datetime | None
    cancelled_at: datetime | None
    created_at: datetime

    def stand(self, now: datetime) -> Stand:
        """Where it stands."""
        return stands(read_plan(self.plan), self.created_at, self.cancelled_at, now)


def write_plan(plan: Sequence[Event]) -> str:
    """As it is kept."""
    return orjson.dumps([list(event) for event in plan]).decode()


def read_plan(text: str) -> list[Event]:
    """What was kept."""
    return [Event(*each) for each in orjson.loads(text)]


def sandbox_json(order: SandboxOrder, stand: Stand, codes: bytes | None) -> bytes:
    """As the API shows it, with the member that tells it from a real one."""
    record = OrderRecord(
        partner_id=order.partner_id,
        id=order.id,
        out_order_no=order.out_order_no,
        content_hash=order.content_hash,
        sku_id=0,
        quantity=order.quantity,
        amount=order.amount,
        state=stand.state,
        delivered_quantity=stand.delivered,
        pool_id=None,
        seqs=None,
        account=order.account,
        metadata=order.metadata,
        failure=None if stand.failure is None else orjson.dumps({"code": stand.failure}).decode(),
        created_at=order.created_at,
        updated_at=stand.since,
    )
    shown = order_json(record, sku=order.sku, currency=CURRENCY, codes=codes)
    return shown[:-1] + b',"sandbox":true}'
