"""Statements at the portal: which days there are, and one day with its file."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from gateway.ground.desk.html.own_page import OwnPage
from gateway.ground.desk.port import At
from gateway.ground.desk.rest.caller import Caller
from gateway.ground.http.problems import ProblemError
from gateway.ground.moment import read_day
from gateway.ledger.statements import Statements

DAYS: Final = 31  # that the list has
EARLIEST: Final = 2000


class DayPages:
    """Made with what makes statements; figures are of the partner who asks."""

    def __init__(self, statements: Statements) -> None:
        self._statements = statements

    def pages(self) -> Sequence[OwnPage]:
        """The list, and a day."""
        return (
            OwnPage(
                path="statements",
                zh="对账单",
                en="Statements",
                template="portal/templates/statements.html",
                read=self._days,
                permission="account:read",
                query=frozenset({"date"}),
            ),
            OwnPage(
                path="statements/{date}",
                zh="对账单",
                en="Statement",
                template="portal/templates/statement.html",
                read=self._day,
                permission="account:read",
            ),
        )

    async def _days(self, at: At, asked: Mapping[str, str], caller: Caller) -> Mapping[str, Any]:
        """The newest days; or the one that was asked for."""
        today = self._statements.today()
        shown = [str(today - timedelta(days=n)) for n in range(DAYS)]
        found: dict[str, Any] = {"today": str(today), "days": shown, "day": None}
        if asked.get("date"):
            found["day"] = await self._day(at, asked, caller)
        return found

    async def _day(self, at: At, asked: Mapping[str, str], _caller: Caller) -> Mapping[str, Any]:
        day = self._read(asked["date"])
        made = await self._statements.make(at.own, day)
        totals = made.totals
        return {
            "date": str(day),
            "figures": {
                "complete": made.complete,
                "rows": totals.rows,
                "currency": made.currency,
                "opening_balance": made.opening_balance,
                "deposit": totals.deposit,
                "charge": totals.charge,
                "refund": totals.refund,
                "adjustment": totals.adjustment,
                "closing_balance": made.closing_balance,
                "sha256": made.sha256,
            },
            "file": f"/v1/statements/{day}/csv?ticket={self._statements.ticket(made.span)}",
        }

    def _read(self, text: str) -> date:
        try:
            day = read_day(text)
        except ValueError:
            day = date.min
        if not date(EARLIEST, 1, 1) <= day <= self._statements.today():
            raise ProblemError("not-found", "must be a UTC day up to today, as 2026-01-31")
        return day
