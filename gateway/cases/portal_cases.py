"""A partner's own cases at the portal: opened, looked at, withdrawn."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.cases.administer import read_case_no
from gateway.cases.asked import CaseAsked
from gateway.cases.decide import withdraw
from gateway.cases.open_case import open_case
from gateway.cases.portal_administration import SQL
from gateway.cases.rules import PARTNER
from gateway.ground.desk.port import At, Row, by_index
from gateway.ground.desk.refusal import refused
from gateway.orders.administer import read_order_no


async def list_own(
    at: At, *, state: str | None, order_no: str | None, cursor: str | None, limit: int
) -> Sequence[Row]:
    """The newest that match."""
    await by_index(at.db)
    return await SQL.portal_cases.all(at.db, at.own, state, order_no, cursor, limit)


async def show_own(at: At, case_no: str) -> Mapping[str, Any]:
    """One, as the partner is told of it."""
    told = await SQL.portal_case.one(at.db, at.own, read_case_no(case_no))
    if told is None:
        raise refused("not-found", "case-unknown", "case_no", case_no=case_no)
    shown: Mapping[str, Any] = json.loads(told)
    return shown


async def open_own(at: At, order_no: str, asked: CaseAsked) -> Mapping[str, Any]:
    """Open one about an own order; a rule may decide it at once."""
    opened = await open_case(
        at.db,
        read_order_no(order_no),
        asked,
        partner_id=at.own,
        opened_by=PARTNER,
        vault=at.secrecy.keys,
    )
    return await show_own(at, str(opened.case_id))


async def withdraw_own(at: At, case_no: str) -> Mapping[str, Any]:
    """Until it is decided."""
    if not await withdraw(at.db, at.own, read_case_no(case_no)):
        state = (await show_own(at, case_no))["state"]
        raise refused("refused", "case-decided", "case_no", case_no=case_no, state=state)
    return await show_own(at, case_no)
