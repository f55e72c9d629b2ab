"""What the three operators do in the week: cases, reveals, money, and what waits for a second."""

from collections.abc import Mapping
from typing import Any, Final

from gateway.demo.week.desk import Desk
from gateway.demo.week.trade import Trade
from gateway.ground.errors import RefusedError

LEFT_OPEN: Final = 5  # the newest cases are nobody's yet, or in somebody's hands


class Office:
    """The desks of ada (admin), sam (support) and fay (finance)."""

    def __init__(self, desks: Mapping[str, Desk], trade: Trade) -> None:
        self._ada, self._sam, self._fay = desks["ada"], desks["sam"], desks["fay"]
        self._trade = trade
        self._waiting: list[str] = []  # cases that nobody has decided
        self._decided = 0
        self.acts = 0

    async def receive_case(self) -> None:
        """A partner opens one."""
        opened = await self._trade.complain()
        if opened is not None:
            self._waiting.append(opened)

    async def decide_cases(self) -> None:
        """A new case comes in; the oldest are decided, but the newest wait."""
        await self.receive_case()
        while len(self._waiting) > LEFT_OPEN:
            await self._decide(self._waiting.pop(0))

    async def _decide(self, case_no: str) -> None:
        """By support and finance in turn; one in five is refused, what cannot be done is left."""
        who = (self._sam, self._fay)[self._decided % 2]
        verb, reason = (
            ("refuse", "the code was redeemed from the buyer's own device")
            if self._decided % 5 == 2
            else ("approve", "checked with the supplier, the buyer is right")
        )
        self._decided += 1
        await self._try(self._sam, f"cases/{case_no}/note", text="asked the supplier, waiting")
        if await self._try(who, f"cases/{case_no}/{verb}", reason=reason) is not None:
            await self._try(who, f"cases/{case_no}/resolve", reason="told the partner")

    async def look_at_codes(self, count: int) -> None:
        """Support sees codes: each approved by the admin, with the reason in the log."""
        for order_no in self._trade.some_sold(count):
            path = f"orders/{order_no}/reveal"
            why = {"index": 0, "reason": "the buyer asks for the code again by phone"}
            asked = await self._sam.post(path, **why)
            approval = asked["approval"]["id"]
            await self._ada.post(f"approvals/{approval}/approve", reason="known buyer")
            await self._sam.post(path, **why, approval=approval)
            self.acts += 3

    async def correct(self, partner: str, amount: int, reference: str, *, decided: str) -> None:
        """An adjustment by finance: approved, refused, or still waiting."""
        asked = await self._fay.post(
            f"accounts/{partner}/adjust",
            amount=amount, reference=reference, reason="agreed with the partner by mail",
        )  # fmt: skip
        self.acts += 1
        if decided and "approval" in asked:
            path = f"approvals/{asked['approval']['id']}/{decided}"
            await self._ada.post(path, reason="see the correspondence of today")
            self.acts += 1

    async def deposit(self, partner: str, amount: int, reference: str) -> None:
        """Money comes in."""
        await self._fay.post(f"accounts/{partner}/deposit", amount=amount, reference=reference)
        self.acts += 1

    async def busy_end(self) -> None:
        """What is open at the end: things for a second person, cases in hand, alerts."""
        for alert in (await self._ada.get("alerts?kind=alone&limit=5"))["data"]:
            await self._try(self._ada, f"alerts/{alert['id']}/acknowledge")
        parked = (await self._sam.get("orders?parked=true&limit=5"))["data"]
        for order in parked[:1]:
            await self._try(
                self._sam, f"orders/{order['order_no']}/resolve", **{"as": "delivered"},
                reason="the platform's own record shows that it was credited",
            )  # fmt: skip
        await self.correct("panda-card", -25_000, "chargeback-1107", decided="")
        await self.correct("river-topup", 12_000, "goodwill-31", decided="")
        for order_no in self._trade.some_sold(1):
            await self._try(
                self._sam, f"orders/{order_no}/reveal", index=0,
                reason="the buyer's screenshot is unreadable",
            )  # fmt: skip
        for one in (self._sam, self._ada):
            await self._try(one, "cases/next")
        if len(self._waiting) > 4:
            await self._try(self._sam, f"cases/{self._waiting[3]}/escalate", reason="third of them")
            await self._try(
                self._sam, f"cases/{self._waiting[4]}/note", text="the supplier answers tomorrow"
            )

    async def _try(self, who: Desk, path: str, **given: Any) -> dict[str, Any] | None:
        """What a shop of this size may refuse is not done."""
        try:
            done = await who.post(path, **given)
        except RefusedError:
            return None
        self.acts += 1
        return done
