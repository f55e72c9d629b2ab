"""Makes the week's history on a gateway that runs: slot after slot, all by the real paths."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

import aiohttp

from gateway.demo.shops import Listener, Shop
from gateway.demo.steps import Bar, Steps
from gateway.demo.week import goods
from gateway.demo.week.clock import Timeline
from gateway.demo.week.desk import HEARD_S, LOOK_S, UNKNOWN, Desk, SignIn, hire
from gateway.demo.week.ends import Ends
from gateway.demo.week.office import Office
from gateway.demo.week.plan import CASES, OPENED_BEFORE, Size, Slot, week
from gateway.demo.week.trade import SCRIPT, Trade
from gateway.ground.outside.client import Client

Event: TypeAlias = Callable[[], Awaitable[None]]
CASES_LAST: Final = 3  # so many more come in at the very end


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What the shop stands in: the gateway's address, platforms by name, partners' ends."""

    data: Path
    url: str
    upstreams: Mapping[str, str]
    ends: Ends
    listener: Listener
    session: aiohttp.ClientSession
    timeline: Timeline


async def _until_known(client: Client) -> None:
    """Wait until the gateway has heard of a partner's key."""
    async with asyncio.timeout(HEARD_S):
        while (await client.get("/v1/account")).status == UNKNOWN:  # noqa: ASYNC110 - another process hears
            await asyncio.sleep(LOOK_S)


class Making:
    """Makes it; `people` may sign in afterwards, `trade` says what was sold."""

    def __init__(self, world: World, size: Size, steps: Steps) -> None:
        self._world = world
        self._size = size
        self._steps = steps
        self._chance = random.Random(20261130)  # noqa: S311 - a demo, repeatable
        self.people: Sequence[SignIn] = ()

    async def make(self) -> Trade:
        """All of it; what was traded."""
        world, plan = self._world, week(datetime.now(UTC), self._size, self._chance)
        world.timeline.begin((plan[0].at - OPENED_BEFORE).timestamp())
        self._steps.step("hiring three operators, stocking up, letting partners in")
        people, tokens = await hire(world.data)
        self.people = list(people.values())
        desks = {name: Desk(world.session, world.url, token) for name, token in tokens.items()}
        for desk in desks.values():
            await desk.until_known()
        await goods.stock_up(desks["ada"], world.upstreams, self._size.scale)
        keys = await goods.let_in(desks["ada"], world.ends.url)
        for address in world.upstreams.values():
            async with world.session.post(f"{address}/_script", json=SCRIPT) as said:
                said.raise_for_status()
        clients = {name: Client(world.session, world.url, key) for name, key in keys.items()}
        for client in clients.values():
            await _until_known(client)
        shop = Shop(world.url, goods.BY_PLATFORM, world.listener.url)
        trade = Trade(clients, world.session, shop, self._chance)
        await self._live(plan, trade, Office(desks, trade), desks["ada"])
        return trade

    async def _live(self, plan: Sequence[Slot], trade: Trade, office: Office, ada: Desk) -> None:
        """What happens once happens at its day of the week."""
        played, events = 0, self._events(len(plan) // 7, trade, office, ada)
        self._steps.step(
            f"a week of {sum(slot.orders for slot in plan):,} orders",
            lambda: f"{trade.done:,} orders, {trade.cases} cases, {office.acts} acts of operators",
        )
        self._steps.picture(lambda: [Bar("the week", played, len(plan))])
        for number, slot in enumerate(plan):
            self._world.timeline.begin(slot.at.timestamp())
            await trade.play(slot)
            if number in events:
                await events[number]()
            if number % max(1, len(plan) // CASES) == 0:
                await office.decide_cases()
            played = number + 1
        for _ in range(CASES_LAST):
            await office.receive_case()
        await office.busy_end()

    def _events(
        self, day: int, trade: Trade, office: Office, ada: Desk
    ) -> Mapping[int, Event]:  # fmt: skip
        """By slot, what happens in it beside orders; `day` is how many slots one has."""

        async def campaign() -> None:
            await goods.open_campaign(ada, self._size.scale)
            trade.campaign_is_on = True

        async def leave() -> None:
            self._world.ends.gone.add(goods.GONE)

        return {
            day: partial(goods.import_files, ada, self._chance),
            day + 2: partial(office.look_at_codes, 2),
            2 * day: partial(office.deposit, "acme-games", 20_000_000, "wire-20391"),
            3 * day: partial(
                office.correct, "lotus-mall", -4_990, "double-booking-12", decided="approve"
            ),
            3 * day + 1: campaign,
            4 * day: partial(office.look_at_codes, 3),
            5 * day: partial(office.correct, "acme-games", 88_000, "rebate-q3", decided="refuse"),
            5 * day + 1: leave,
            6 * day: partial(office.deposit, "panda-card", 15_000_000, "wire-20455"),
            6 * day + 2: partial(office.look_at_codes, 1),
        }
