"""Sells, settles and takes back: a simulated platform's state, and the behaviours applied.

Everything a platform does not decide by its own words happens here, so that "executed, then
dropped" means the same at every platform. One event loop, no locks: state changes between awaits.
"""

import asyncio
import math
import random
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from connectors.simulation.behaviour import (
    SUCCESS,
    Answer,
    Behaviour,
    Callbacks,
    Ending,
    Refusal,
    Script,
    by_tail,
)
from connectors.simulation.delivery import CallbackSender
from connectors.simulation.goods import Product, SimulationOptions
from connectors.simulation.ledger import Ledger, Order, OrderState, Purchase
from connectors.simulation.platform import Duplicates, Fault, Platform, Reply

PRICE_PERCENT: Final = 98  # of the face: api.md


PRODUCTS: Final = tuple(
    Product(
        product_id=str(base + yuan),
        name=f"{label} {yuan}",
        face_minor=yuan * 100,
        kind=kind,
    )
    for base, kind, label in ((900_000, "topup", "Demo top-up"), (910_000, "code", "Demo card"))
    for yuan in (5, 10, 30, 50, 100)
)
_PRODUCT_BY_ID: Final = {product.product_id: product for product in PRODUCTS}


class Market:
    """One simulated platform account: its orders, its balance, its script."""

    def __init__(self, platform: Platform, options: SimulationOptions, script: Script) -> None:
        self.platform = platform
        self.options = options
        self.script = script
        self.ledger = Ledger()
        self.balance_minor = options.balance_minor
        self.sender = CallbackSender(self)
        self._chance = random.Random(script.seed)  # noqa: S311 — reproducible, not secret
        self._edition = secrets.randbelow(10**9)  # tells apart what simulators sell
        self._tries: dict[str, int] = {}
        self._refused: dict[tuple[str, str], int] = {}
        self._held: dict[int, Order] = {}
        self._timers: set[asyncio.TimerHandle] = set()
        platform.market = self

    # --- selling ----------------------------------------------------------------------------------

    async def sell(self, purchase: Purchase) -> Reply:
        """Take a purchase as the script or its account says, and answer it."""
        behaviour = self._behaviour(purchase)
        unsold = self._turn_away(purchase, behaviour)
        if unsold is not None:
            return unsold
        if self._is_duplicate(purchase):
            return self.platform.refused(Refusal.DUPLICATE, purchase)
        if self.platform.DUPLICATES is Duplicates.RACY:
            await asyncio.sleep(self.options.race_window_s)
        face_minor = self._face_minor(purchase)
        price_minor = face_minor * PRICE_PERCENT // 100
        if purchase.max_cost_minor is not None and price_minor > purchase.max_cost_minor:
            return self.platform.refused(Refusal.PRICE, purchase)
        if price_minor > self.balance_minor:
            return self.platform.refused(Refusal.BALANCE, purchase)
        order = self._enter(purchase, behaviour, face_minor, price_minor)
        if purchase.unconfirmed:
            return self.platform.accepted(order)
        await self._begin(order, instant=purchase.instant)
        return self._answer(order)

    async def confirm(self, order: Order, *, instant: bool = False) -> Reply:
        """Execute an order that was entered unconfirmed; the caller has looked that it still is."""
        order.confirmed = True
        order.executed = order.behaviour.ending is not Ending.FAILED
        await self._begin(order, instant=instant)
        return self._answer(order)

    def _behaviour(self, purchase: Purchase) -> Behaviour:
        # By account, not by our number: that is another one in each run, and a seed is to replay.
        whose = purchase.account or purchase.our_no
        try_no = self._tries.get(whose, 0)
        self._tries[whose] = try_no + 1
        return (
            self.script.choose(purchase.account, whose, try_no)
            or self.platform.magic(purchase.account)
            or by_tail(purchase.account)
            or SUCCESS
        )

    def _turn_away(self, purchase: Purchase, behaviour: Behaviour) -> Reply | None:
        """The answer to a purchase that never becomes an order; None lets it through."""
        refusal = behaviour.refusal or Refusal.PRODUCT
        if behaviour.refuse_first:
            key = (behaviour.name, purchase.account)
            refused = self._refused.get(key, 0)
            if refused < behaviour.refuse_first:
                self._refused[key] = refused + 1
                return self.platform.refused(refusal, purchase)
        if behaviour.executes:
            return None
        if behaviour.answer is Answer.REFUSED:
            return self.platform.refused(refusal, purchase)
        return _spoil(Reply(), behaviour.answer, self.options.retry_after_s)

    def _is_duplicate(self, purchase: Purchase) -> bool:
        if self.platform.DUPLICATES is Duplicates.ACCEPT or not purchase.our_no:
            return False
        skipped = (
            {OrderState.CANCELLED} if self.platform.DUPLICATES is Duplicates.RACY else frozenset()
        )
        orders = self.ledger.with_our_no(purchase.our_no)
        return any(order.state not in skipped for order in orders)

    def _face_minor(self, purchase: Purchase) -> int:
        """The face of the whole purchase: as asked, as listed, else what the buyer would pay."""
        if purchase.face_minor is not None:
            return purchase.face_minor * purchase.quantity
        listed = _PRODUCT_BY_ID.get(purchase.product)
        if listed is not None:
            return listed.face_minor * purchase.quantity
        usual = self.options.default_face_minor * purchase.quantity
        return usual if purchase.max_cost_minor is None else min(usual, purchase.max_cost_minor)

    def _enter(
        self, purchase: Purchase, behaviour: Behaviour, face_minor: int, price_minor: int
    ) -> Order:
        number = len(self.ledger.orders) + 1
        now = time.time()
        order = Order(
            number=number,
            our_no=purchase.our_no,
            # Below 2^53, so that clients which read numbers as doubles read it right.
            upstream_no=f"{int(now)}{number % 1_000_000:06d}",
            product=purchase.product,
            account=purchase.account,
            quantity=purchase.quantity,
            price_minor=price_minor,
            asked_minor=price_minor,
            face_minor=face_minor,
            created_at=now,
            visible_at=now + behaviour.hidden_s,
            notify_url=purchase.notify_url,
            behaviour=behaviour,
            executed=behaviour.ending is not Ending.FAILED and not purchase.unconfirmed,
            confirmed=not purchase.unconfirmed,
            extra=purchase.extra,
        )
        self.balance_minor -= price_minor
        self.ledger.add(order)
        return order

    async def _begin(self, order: Order, *, instant: bool) -> None:
        settle_s = order.behaviour.settle_s
        if order.behaviour.ending is Ending.HELD:
            self._held[order.number] = order
        elif order.behaviour.callbacks is Callbacks.EARLY:
            self.finish(order, tell=False)
            await self.sender.send_now(order, order.state)
        elif instant:
            if settle_s:
                await asyncio.sleep(settle_s)
            self.finish(order)
        else:
            wait_s = self.options.settle_s if settle_s is None else settle_s
            self.later(wait_s, lambda: self.finish(order))

    def _answer(self, order: Order) -> Reply:
        reply = self.platform.accepted(order)
        if order.behaviour.answer is Answer.MISMATCHED and order.account:
            digits = order.account[-6:].encode()
            return replace(reply, body=reply.body.replace(digits, digits[::-1]))
        return _spoil(reply, order.behaviour.answer, self.options.retry_after_s)

    # --- settling ---------------------------------------------------------------------------------

    def finish(self, order: Order, *, tell: bool = True) -> None:
        """End an order as its behaviour says; a second call changes nothing."""
        if order.state.final:
            return
        ending = order.behaviour.ending
        if ending is Ending.FAILED:
            self._close(order, OrderState.FAILED, share=0)
        elif self._ends_in_part(ending):
            self._close(order, OrderState.PARTIAL, share=0.5)
        else:
            self._close(order, OrderState.SUCCESS, share=1)
        if ending is Ending.REVERSED:
            self.later(self.options.reversal_delay_s, lambda: self.reverse(order))
        if tell:
            self.sender.tell_end(order)

    def _ends_in_part(self, ending: Ending) -> bool:
        """Whether it is half of the order that is done and paid, where the platform knows that."""
        if ending is Ending.PARTIAL:
            return self.platform.KNOWS_PARTIAL
        refunds = {Ending.PARTLY_REFUNDED, Ending.SUCCESS_PARTLY_REFUNDED}
        return ending in refunds and self.platform.KNOWS_PARTIAL_REFUND

    def _close(self, order: Order, state: OrderState, *, share: float) -> None:
        price_minor = int(order.price_minor * share)
        self.balance_minor += order.price_minor - price_minor
        order.price_minor = price_minor
        order.delivered_quantity = int(order.quantity * share)
        order.delivered_face_minor = int(order.face_minor * share)
        order.state = state
        order.finished_at = time.time()
        if not order.account:
            order.codes = tuple(
                (f"CARD-{self.serial(order, index)}", f"{order.number * 7919 + index:08d}")
                for index in range(order.delivered_quantity)
            )
        self.platform.settled(order)

    def serial(self, order: Order, index: int = 0) -> str:
        """Digits that no other code of any simulator has: what a platform sells, it sells once."""
        return f"{self._edition:09d}{order.number:06d}{index:03d}"

    def reverse(self, order: Order) -> None:
        """Take a success back, and say so."""
        if order.state in {OrderState.SUCCESS, OrderState.PARTIAL}:
            order.state = OrderState.REVERSED
            self.balance_minor += order.price_minor
            self.sender.tell(order, order.state)

    def cancel(self, order: Order) -> bool:
        """Stop an order that has not ended; False if it has."""
        if order.state.final:
            return False
        self._held.pop(order.number, None)
        order.executed = False
        self._close(order, OrderState.CANCELLED, share=0)
        self.sender.tell_end(order)
        return True

    def release(self, *, our_no: str | None = None, account: str | None = None) -> int:
        """End held orders, all or those of one number or account; returns how many."""
        chosen = [
            order
            for order in self._held.values()
            if our_no in (None, order.our_no) and account in (None, order.account)
        ]
        for order in chosen:
            del self._held[order.number]
            self.finish(order)
        return len(chosen)

    # --- reading ----------------------------------------------------------------------------------

    def find(self, our_no: str) -> Order | None:
        """The order a query sees: the newest one that is visible yet."""
        now = time.time()
        visible = (o for o in reversed(self.ledger.with_our_no(our_no)) if o.visible_at <= now)
        return next(visible, None)

    def notify_url(self, order: Order) -> str | None:
        """Where callbacks of an order go: as its request said, else the simulator's default."""
        return order.notify_url or self.options.callback_url or None

    def is_down(self) -> bool:
        """Whether this request meets a platform that is down, as the script's share says."""
        return self.script.unavailable > 0 and self._chance.random() < self.script.unavailable

    def latency_s(self) -> float:
        """A delay from the script's log-normal distribution."""
        p50, p99 = self.script.latency_p50_s, self.script.latency_p99_s
        if p50 <= 0:
            return 0.0
        # The 99th percentile of a log-normal lies 2.326 standard deviations above its median.
        sigma = math.log(max(p99 / p50, 1.0)) / 2.326
        return p50 * self._chance.lognormvariate(0.0, sigma)

    # --- the clockwork ----------------------------------------------------------------------------

    def play(self, script: Script) -> None:
        """Replace the script; its seed starts anew."""
        self.script = script
        self._chance = random.Random(script.seed)  # noqa: S311 — reproducible, not secret
        self._tries.clear()
        self._refused.clear()

    def later(self, delay_s: float, action: Callable[[], None]) -> None:
        """Run an action later; nothing runs after `close`."""

        def fire() -> None:
            self._timers.discard(handle)
            action()

        handle = asyncio.get_running_loop().call_later(delay_s, fire)
        self._timers.add(handle)

    async def close(self) -> None:
        """Drop every timer and callback under way."""
        for handle in self._timers:
            handle.cancel()
        self._timers.clear()
        await self.sender.close()


def _spoil(reply: Reply, answer: Answer, retry_after_s: int) -> Reply:
    """What is left of an answer after the behaviour is done with it."""
    fault = _FAULTS.get(answer)
    if fault is not None:
        return replace(reply, fault=fault)
    if answer is Answer.GARBLED:
        return replace(reply, body=b'{"\x00\xff' + reply.body[: len(reply.body) // 2])
    if answer is Answer.ERROR:
        return Reply(status=500, body=b"Internal Server Error", content_type="text/html")
    if answer is Answer.UNAVAILABLE:
        headers = {"Retry-After": str(retry_after_s)}
        return Reply(status=503, body=b"Service Unavailable", headers=headers)
    return reply


_FAULTS: Final = {
    Answer.DROPPED: Fault.DROPPED,
    Answer.TRUNCATED: Fault.TRUNCATED,
    Answer.HUGE: Fault.HUGE,
    Answer.SLOW: Fault.SLOW,
}
