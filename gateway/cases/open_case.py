"""Opening a case: once per number, one open case per order line, decided by a rule if one fits."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.cases.administration import SQL, OrderFacts
from gateway.cases.asked import CaseAsked, objection
from gateway.cases.automatic import decide_by_rule
from gateway.cases.own_codes import hiding
from gateway.cases.rules import PARTNER, CaseKind
from gateway.cases.settings import PER_ORDER
from gateway.catalog.account_rule import compile_rule
from gateway.ground.desk.port import Transaction
from gateway.ground.desk.refusal import refused
from gateway.settings.administer import read_setting

if TYPE_CHECKING:
    from gateway.ground.native import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A case there is; `is_new`: by this call."""

    partner_id: int
    case_id: int
    is_new: bool


async def open_case(
    db: Transaction,
    order_id: int,
    asked: CaseAsked,
    *,
    partner_id: int | None,
    opened_by: str,
    vault: "Vault",
) -> Opened:
    """Open it; with a number that is known, and the same content, it is the one there is.

    `partner_id` None: an operator opens it, whosever order it is. Refused: no such order, what
    cannot be done with it (`objection`), a number with other content, a line that has an open
    case. One transaction; the partner is told of what a rule decided.
    """
    order = await SQL.order_facts.one(db, partner_id, order_id)
    if order is None:
        raise refused("not-found", "case-order", "order_no", order_no=str(order_id))
    digest = asked.digest(order_id)
    known = await _known(db, order["partner_id"], asked, digest)
    if known is not None:
        return known
    _check(asked, order)
    kind = asked.kind
    if kind is CaseKind.RECIPIENT and not order["is_unsent"]:
        kind = CaseKind.UPSTREAM  # only the platform can still change it
    hide = await hiding(db, vault, order["partner_id"], order_id)
    made = await SQL.insert_case.one(
        db, order["partner_id"], asked.out_case_no, digest, order_id, kind.value,
        (await hide(asked.reason)) or "", await hide(asked.detail), asked.index, asked.pieces,
        asked.amount, asked.recipient, asked.void, asked.keep_codes, opened_by,
    )  # fmt: skip
    if made is None:
        known = await _known(db, order["partner_id"], asked, digest)
        if known is not None:
            return known
        raise refused("case-open", "case-open", "order_no", order_no=str(order_id))
    if opened_by == PARTNER:
        await _bound(db, order)
    opened = Opened(partner_id=order["partner_id"], case_id=made, is_new=True)
    await SQL.step_case.run(
        db, opened.partner_id, made, "opened", None, opened_by, None, None, None
    )
    decided = await decide_by_rule(db, opened.partner_id, made, order)
    if decided or opened_by != PARTNER:
        await SQL.tell_case.run(db, opened.partner_id, made)
    return opened


async def _known(
    db: Transaction, partner_id: int, asked: CaseAsked, digest: bytes
) -> Opened | None:
    if asked.out_case_no is None:
        return None
    known = await SQL.case_by_number.one(db, partner_id, asked.out_case_no)
    if known is None:
        return None
    if known["content_hash"] != digest:
        raise refused("order-conflict", "case-conflict", "out_case_no", number=asked.out_case_no)
    return Opened(partner_id=partner_id, case_id=known["id"], is_new=False)


async def _bound(db: Transaction, order: OrderFacts) -> None:
    """What partners can make us keep has an end; of those who open one at once one has the line."""
    most = await read_setting(db, PER_ORDER) or 0
    if await SQL.cases_of_order.only(db, order["partner_id"], order["order_id"], most + 1) > most:
        raise refused("too-many-cases", "too-many-cases", "kind", most=most)


def _check(asked: CaseAsked, order: OrderFacts) -> None:
    rule = order["account_rule"]
    found = objection(asked, order, lambda text: rule is None or compile_rule(rule).fits(text))
    if found is not None:
        raise found
