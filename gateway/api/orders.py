"""Placing an order; order_batch places up to 500 at a time."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import orjson
from aiohttp.web import BaseRequest, StreamResponse

from gateway.api.answers import JSON_TYPE
from gateway.api.authentication import admit
from gateway.api.body import (
    check_strict,
    decode,
)
from gateway.api.context import Context
from gateway.api.direct_answer import DirectAnswer
from gateway.api.order_wire import (
    ORDER_DECODER,
    order_content,
    order_json,
)
from gateway.api.problems import ProblemError
from gateway.domain.catalog import Key, Scope, Sku, SkuKind
from gateway.domain.order import OrderContent, Verdict
from gateway.flows.line import Line, Refusal, Settled
from gateway.flows.order_desk import View
from gateway.flows.order_rules import judge

REPLAYED: Final = {"Quangate-Replayed": "true"}
LATER: Final = {"Retry-After": "30"}  # a person or a breaker ends it, not the next second
_CREATED: Final = Verdict.CREATED  # to look it up for every line costs 0.1 µs

# A verdict that is not an order, as a problem of the contract.
_PROBLEMS: Final[Mapping[Verdict, str]] = {
    Verdict.CONFLICT: "order-conflict",
    Verdict.INSUFFICIENT_BALANCE: "insufficient-balance",
    Verdict.PURCHASE_LIMIT: "purchase-limit",
    Verdict.SOLD_OUT: "sold-out",
    Verdict.BUSY: "busy",
    Verdict.OVERLOADED: "overloaded",
    Verdict.DATABASE_AWAY: "maintenance",
    Verdict.INTERNAL: "internal",
    Verdict.CAMPAIGN_CLOSED: "campaign-closed",
}


async def place_order(context: Context, request: BaseRequest) -> StreamResponse:
    """POST /v1/orders: 201 created, 200 replayed, or a problem."""
    key, body = await admit(context, request, Scope.ORDERS_WRITE, json=True)
    check_strict(body)
    content = order_content(decode(ORDER_DECODER, body))
    status, answer = await answer_of(context, key, submit(context, key, content))
    return DirectAnswer(answer, status, JSON_TYPE, REPLAYED if status == 200 else None)


class Submitted(msgspec.Struct, frozen=True, gc=False):
    """An order on its way; `outcome` is at hand or will be."""

    line: Line
    outcome: Settled | asyncio.Future[Settled]


def submit(context: Context, key: Key, content: OrderContent) -> Submitted:
    """Put an order on its way."""
    line = make_line(context, key, content, context.catalog.skus.get(content.sku))
    return Submitted(line, context.intake.submit(line))


async def answer_of(
    context: Context, key: Key, own: Submitted, base: str = ""
) -> tuple[int, bytes]:
    """The answer to a submitted order: (201 or 200, its JSON). Raises ProblemError."""
    outcome = own.outcome
    settled = outcome if isinstance(outcome, Settled) else await outcome
    context.meters.verdicts[settled.verdict] += 1
    if settled.verdict is _CREATED:
        # Durable, but not sealed with its batch: read back like any other order.
        order = sealed_json(own, settled)
        return 201, order or await _replayed_json(context, key, settled.order_id)
    if settled.verdict is Verdict.REPLAYED:
        return 200, await _replayed_json(context, key, settled.order_id)
    raise problem_of(settled, base)


def make_line(context: Context, key: Key, content: OrderContent, sku: Sku | None) -> Line:
    """The line the intake takes; a rule that says no goes along, in case the number is known."""
    partner_id = key.partner_id
    judged = judge(context.catalog, partner_id, content, sku, context.clock.now)
    campaign = judged.campaign
    known = sku if sku is not None else _UNKNOWN_SKU
    amount = known.price_for(partner_id) * content.quantity
    notify = content.notify_url is not None or partner_id in context.catalog.webhook_partners
    metadata = content.metadata
    attempt = None
    if known.bought and judged.refusal is None:
        attempt = context.topups.plan(known, content.quantity, partner_id)
    return Line(
        partner_id=partner_id,
        key_id=key.key_id,
        reads_codes=key.reads_codes,
        sku=known,
        out_order_no=content.out_order_no,
        content_hash=content.digest(),
        quantity=content.quantity,
        amount_minor=amount,
        # Codes go to no account; what tells a top-up from them later is that it has one.
        account=None if known.buys_codes else content.account,
        metadata=None if metadata is None else orjson.dumps(metadata).decode(),
        details=content.details(),
        buyer_id=content.buyer_id,
        limit=judged.limit,
        opens_at=None if campaign is None else campaign.starts_at.isoformat(),
        closes_at=None if campaign is None else campaign.ends_at.isoformat(),
        notify=notify,
        notify_url=content.notify_url,
        refusal=attempt if isinstance(attempt, Refusal) else judged.refusal,
        attempt=None if isinstance(attempt, Refusal) else attempt,
        content=content,
    )


_UNKNOWN_SKU: Final = Sku(
    id=0, sku="", name="", kind=SkuKind.CODE, pool_id=None, price_minor=0, currency="CNY",
    face_value_minor=None, account_rule=None, per_buyer=None, low_stock=0, offered_to_all=False,
    on_sale=False, updated_at=datetime.min.replace(tzinfo=UTC),
)  # fmt: skip


def sealed_json(own: Submitted, settled: Settled) -> bytes | None:
    """The answer to an order just made, with its codes; None: not just made, or not sealed.

    Written by hand: this is the hot path. Everything put in unescaped is of a checked
    alphabet: numbers, SKU names, our own JSON.
    """
    line = own.line
    is_code = line.sku.pool_id is not None
    if settled.verdict is not _CREATED or (settled.codes is None and line.reads_codes and is_code):
        return None
    moment = settled.committed_at.encode()
    account = b"null" if line.account is None else orjson.dumps(line.account)
    codes = b""
    if line.reads_codes:
        codes = b'"codes":%b,' % (settled.codes or b"[]")
    return (
        b'{"order_no":"%d","out_order_no":"%b","sku":"%b","quantity":%d,"account":%b,"amount":%d,'
        b'"currency":"%b","state":"%b",%b"delivered_quantity":%d,"failure":null,"metadata":%b,'
        b'"created_at":"%b","updated_at":"%b"}'
    ) % (
        settled.order_id,
        line.out_order_no.encode(),
        line.sku.sku.encode(),
        line.quantity,
        account,
        line.amount_minor,
        line.sku.currency.encode(),
        b"delivered" if is_code else b"processing",
        codes,
        line.quantity if is_code else 0,
        b"null" if line.metadata is None else line.metadata.encode(),
        moment,
        moment,
    )


async def _replayed_json(context: Context, key: Key, order_id: int) -> bytes:
    shown = await context.desk.show(
        View(
            partner_id=key.partner_id,
            order_id=order_id,
            key_id=key.key_id,
            with_codes=key.reads_codes,
            via="replay",
        )
    )
    if shown is None:
        raise ProblemError("internal")
    sku = context.catalog.skus_by_id[shown.record.sku_id]
    return order_json(shown.record, sku=sku.sku, currency=sku.currency, codes=shown.codes)


_DETAILS: Final[Mapping[Verdict, Callable[[Settled], str]]] = {
    Verdict.CONFLICT: lambda settled: (
        f"This out_order_no belongs to order {settled.order_id}, whose content differs."
    ),
    Verdict.INSUFFICIENT_BALANCE: lambda settled: (
        f"The account has {settled.amount} minor units available."
    ),
    Verdict.PURCHASE_LIMIT: lambda settled: (
        f"This buyer may still buy {max(0, settled.amount)} of it."
    ),
}


def problem_of(settled: Settled, base: str = "") -> ProblemError:
    """Why a line was not accepted; `base` is prepended to the pointers of errors."""
    refusal = settled.refusal
    if refusal is not None:
        errors = [] if refusal.pointer is None else [(base + refusal.pointer, refusal.detail)]
        headers = LATER if refusal.code == "maintenance" else None
        return ProblemError(refusal.code, refusal.detail, errors=errors, headers=headers)
    explain: Any = _DETAILS.get(settled.verdict)
    return ProblemError(
        _PROBLEMS[settled.verdict],
        explain(settled) if explain else None,
    )
