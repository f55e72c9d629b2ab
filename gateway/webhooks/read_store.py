"""Webhook messages for their partner: lists, replays, tests."""

from typing import Final

from gateway.ground.sql.books import unreachable_is_unavailable
from gateway.ground.sql.declared import Statement, Statements
from gateway.ground.sql.pools import BoundedPool
from gateway.orders.record import ID_MAX
from gateway.webhooks.delivery import DeliveryFilter, DeliveryPage, DeliveryRecord

SCAN_MAX: Final = 10_000  # messages looked at for one page


class SQL(Statements, file="webhooks/read_queries"):
    """A partner's messages."""

    one: Statement[[int, int, bool], DeliveryRecord]
    page: Statement[[int, int, int, bool], DeliveryRecord]
    of_order: Statement[[int, int, int, int, str | None, bool], DeliveryRecord]
    dead: Statement[[int, int, int, bool], DeliveryRecord]
    reach: Statement[[int, int, int], int]
    narrowed: Statement[[int, int, int, str, int, bool], DeliveryRecord]
    replay: Statement[[int, int, bool], int]
    insert_test: Statement[[int, int, bytes, bool], int]


class WebhookDesk:
    """What a partner may see of its messages and ask for, over the connections for partners: those
    about the real world, or about the sandbox."""

    def __init__(self, pool: BoundedPool, *, sandbox: bool = False) -> None:
        self._pool = pool
        self._sandbox = sandbox

    async def page(self, partner_id: int, filter_: DeliveryFilter, limit: int) -> DeliveryPage:
        """Newest first, at most `limit`. Looks at SCAN_MAX messages at most."""
        before = ID_MAX if filter_.before_id is None else filter_.before_id
        key = (partner_id, before, limit + 1)
        pool, state, reached = self._pool.of(partner_id), filter_.state, None
        sandbox = self._sandbox
        with unreachable_is_unavailable():
            if filter_.order_id is not None:
                rows = await SQL.of_order.all(pool, *key, filter_.order_id, state, sandbox)
            elif state is None:
                rows = await SQL.page.all(pool, *key, sandbox)
            elif state == "dead":
                rows = await SQL.dead.all(pool, *key, sandbox)
            else:
                reached = await SQL.reach.one(pool, partner_id, before, SCAN_MAX)
                rows = await SQL.narrowed.all(pool, *key, state, reached or 0, sandbox)
        records = rows[:limit]
        return DeliveryPage(
            records=records, next_before_id=records[-1].id if len(rows) > limit else reached
        )

    async def one(self, partner_id: int, id_: int) -> DeliveryRecord | None:
        """The partner's message of that id."""
        with unreachable_is_unavailable():
            return await SQL.one.one(self._pool.of(partner_id), partner_id, id_, self._sandbox)

    async def replay(self, partner_id: int, id_: int) -> bool:
        """Have the message sent again under its old webhook-id; False: there is none such, or
        it goes to an endpoint that is not enabled.
        """
        with unreachable_is_unavailable():
            pool = self._pool.of(partner_id)
            return await SQL.replay.one(pool, partner_id, id_, self._sandbox) is not None

    async def send_test(self, partner_id: int, id_: int, body: bytes) -> bool:
        """Queue a message of type `test`; False: there is no enabled endpoint."""
        with unreachable_is_unavailable():
            pool = self._pool.of(partner_id)
            row = await SQL.insert_test.one(pool, partner_id, id_, body, self._sandbox)
        return row is not None
