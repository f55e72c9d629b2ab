"""Doing what a case was approved for: codes and money in this transaction, platforms afterwards."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway.cases.administration import SQL, LockedCase, OrderFacts
from gateway.cases.asked import CAME_TO_NOTHING
from gateway.cases.rules import CaseKind, CaseState
from gateway.cases.settings import UPSTREAM_DAYS
from gateway.ground.desk.port import Transaction
from gateway.settings.administer import read_setting

REISSUED: Final = "reissued"
REFUNDED: Final = "refunded"
READDRESSED: Final = "recipient-changed"
ANSWERED: Final = "answered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """What became of it. `outcome` None: it is under way. `stopped`: nothing was done, and why."""

    outcome: str | None = None
    stopped: str | None = None


async def act(db: Transaction, case: LockedCase, order: OrderFacts) -> Acted:
    """Do what an approved case is about. The case is the caller's; its state is not moved here."""
    return await _BY_KIND[CaseKind(case["kind"])](db, case, order)


async def _reissue(db: Transaction, case: LockedCase, _: OrderFacts) -> Acted:
    done = await SQL.reissue.only(db, case["partner_id"], case["id"])
    if done["outcome"] != REISSUED:
        return Acted(stopped=done["outcome"])
    await SQL.note_done.run(db, case["partner_id"], case["id"], done["done"], 0)
    return Acted(outcome=REISSUED)


async def _refund(db: Transaction, case: LockedCase, _: OrderFacts) -> Acted:
    done = await SQL.refund.only(db, case["partner_id"], case["id"])
    if done["outcome"] != REFUNDED:
        return Acted(stopped=done["outcome"])
    await SQL.note_done.run(db, case["partner_id"], case["id"], 0, done["done"])
    return Acted(outcome=REFUNDED)


async def _readdress(db: Transaction, case: LockedCase, _: OrderFacts) -> Acted:
    if await SQL.readdress.only(db, case["partner_id"], case["id"]):
        return Acted(outcome=READDRESSED)
    # It may have been sent, or have come to nothing, while its case waited: as it is now.
    order = await SQL.order_facts.only(db, case["partner_id"], case["order_id"])
    await SQL.become_upstream.run(db, case["partner_id"], case["id"])
    return await _hand_over(db, case, order)


async def _answer(_: Transaction, __: LockedCase, ___: OrderFacts) -> Acted:
    return Acted(outcome=ANSWERED)


async def _hand_over(db: Transaction, case: LockedCase, order: OrderFacts) -> Acted:
    """What a person, or the connector, brings to the platform, and until when that may answer."""
    if case["recipient"] is not None and order["state"] in CAME_TO_NOTHING:
        return Acted(stopped="came-to-nothing")
    days = await read_setting(db, UPSTREAM_DAYS)
    assert days is not None
    task = json.dumps(await _task_of(db, case, order), ensure_ascii=False)
    await SQL.set_task.run(db, case["partner_id"], case["id"], task, days)
    return Acted()


async def _task_of(db: Transaction, case: LockedCase, order: OrderFacts) -> dict[str, Any]:
    """Everything that has to be pasted there."""
    attempt = await SQL.newest_attempt.one(db, case["partner_id"], case["order_id"])
    return {
        "order_no": str(order["order_id"]), "sku": order["sku"], "quantity": order["quantity"],
        "recipient": order["recipient"], "new_recipient": case["recipient"],
        "reason": case["reason"], "detail": case["detail"],
        **(attempt or {"upstream": None, "attempt_no": None, "upstream_no": None}),
    }  # fmt: skip


async def step(
    db: Transaction,
    case: LockedCase,
    what: str,
    to: CaseState | None,
    actor: str,
    *,
    text: str | None = None,
    rule: str | None = None,
    outcome: str | None = None,
) -> None:
    """Write down what happened, and where the case stands then."""
    await SQL.step_case.run(
        db, case["partner_id"], case["id"], what, None if to is None else to.value, actor, text,
        rule, outcome,
    )  # fmt: skip


_BY_KIND: Final[
    Mapping[CaseKind, Callable[[Transaction, LockedCase, OrderFacts], Awaitable[Acted]]]
] = {
    CaseKind.REISSUE: _reissue,
    CaseKind.REFUND: _refund,
    CaseKind.RECIPIENT: _readdress,
    CaseKind.UPSTREAM: _hand_over,
    CaseKind.QUESTION: _answer,
}
