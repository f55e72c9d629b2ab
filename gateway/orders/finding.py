"""Reads orders back, with their codes for keys that may see them.

Reads gather like writes do: one query for the orders of a group, one for their records, one
row that makes the views durable (I13), and only then the codes are sealed for the key that
asks.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from gateway.ground.errors import InvariantBrokenError
from gateway.ground.native import KeyRing, Vault, seal_rows
from gateway.ground.sql.batcher import GroupCommit
from gateway.orders.ports import Orders
from gateway.orders.record import OrderFilter, OrderPage, OrderRecord

Position = tuple[int, int]  # pool id, seq
VIEWS_MAX = 16  # read together; up to 500 codes each are in memory until the last is sealed
CODES_MAX = 1_000  # of several orders sealed at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Who wants to see which order; `via` says how, for the audit log."""

    partner_id: int
    order_id: int
    key_id: str
    with_codes: bool
    via: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An order, and its codes as a JSON array sealed for the asking key (None: not to be shown)."""

    record: OrderRecord
    codes: bytes | None


class OrderDesk:
    """Shows orders to partners."""

    def __init__(
        self, *, orders: Orders, lists: Orders, vault: Vault, keyring: KeyRing, chain: int
    ) -> None:
        self._orders = orders
        self._lists = lists  # over connections of their own: a long list holds up no order
        self._vault = vault
        self._keyring = keyring
        self._chain = chain
        self._views: GroupCommit[View, Shown | None] = GroupCommit(
            self._show, calls_max=2, batch_max=VIEWS_MAX, turn_of=lambda view: view.partner_id
        )
        self._finds: GroupCommit[tuple[int, str], int | None] = GroupCommit(
            self._find, calls_max=1, turn_of=lambda number: number[0]
        )

    async def show(self, view: View) -> Shown | None:
        """The order, or None when this partner has none of that id."""
        return await self._views.submit(view)

    async def find(self, partner_id: int, out_order_no: str) -> int | None:
        """The id of the partner's order of that number."""
        return await self._finds.submit((partner_id, out_order_no))

    async def _find(self, numbers: Sequence[tuple[int, str]]) -> list[int | Exception | None]:
        rows = await self._orders.by_numbers(list(set(numbers)))
        return [rows[number].id if number in rows else None for number in numbers]

    async def page(self, partner_id: int, filter_: OrderFilter, limit: int) -> OrderPage:
        """Orders without codes, newest first."""
        return await self._lists.page(partner_id, filter_, limit)

    async def _show(self, views: Sequence[View]) -> list[Shown | Exception | None]:
        keys = list({(view.partner_id, view.order_id) for view in views})
        records = await self._orders.by_ids(keys)
        revealing = [
            view
            for view in views
            if view.with_codes
            and (record := records.get((view.partner_id, view.order_id))) is not None
            and record.seqs
        ]
        sealed: dict[View, bytes | Exception] = {}
        for some in by_codes(revealing, records):
            sealed |= await self._reveal(some, records)
            await asyncio.sleep(0)  # sealing held the loop: the others' turn
        answers: list[Shown | Exception | None] = []
        for view in views:
            record = records.get((view.partner_id, view.order_id))
            if record is None:
                answers.append(None)
            elif not view.with_codes:
                answers.append(Shown(record=record, codes=None))
            else:
                codes = sealed.get(view, b"[]")
                answers.append(
                    codes if isinstance(codes, Exception) else Shown(record=record, codes=codes)
                )
        return answers

    async def _reveal(
        self, views: Sequence[View], records: dict[tuple[int, int], OrderRecord]
    ) -> dict[View, bytes | Exception]:
        wanted: set[Position] = set()
        for view in views:
            record = records[view.partner_id, view.order_id]
            wanted.update((record.pool_id or 0, seq) for seq in record.seqs or ())
        published = await self._orders.records(list(wanted))
        await self._load_data_keys(published.values())
        await self._orders.record_views(
            self._chain,
            [{"order": view.order_id, "key": view.key_id, "via": view.via} for view in views],
        )
        return {
            view: self._seal(view, records[view.partner_id, view.order_id], published)
            for view in views
        }

    def _seal(
        self, view: View, record: OrderRecord, published: dict[Position, bytes]
    ) -> bytes | Exception:
        pool_id = record.pool_id or 0
        try:
            rows = [(seq, published[pool_id, seq]) for seq in record.seqs or ()]
            return seal_rows(self._vault, self._keyring, view.key_id, pool_id, rows)
        except Exception as error:  # noqa: BLE001 - one bad record must not spoil the group
            return InvariantBrokenError(
                f"the codes of order {record.id} cannot be shown: {type(error).__name__}"
            )

    async def _load_data_keys(self, published: Iterable[bytes]) -> None:
        batches = {int.from_bytes(record[:8], "big") for record in published}
        missing = [batch for batch in batches if not self._vault.has_dek(batch)]
        if missing:
            for batch_id, wrapped in await self._orders.data_keys(missing):
                self._vault.load_dek(batch_id, wrapped)


def by_codes(
    views: Sequence[View], records: Mapping[tuple[int, int], OrderRecord]
) -> Iterator[Sequence[View]]:
    """The views in groups of about CODES_MAX codes; an order is never cut."""
    group: list[View] = []
    codes = 0
    for view in views:
        group.append(view)
        codes += len(records[view.partner_id, view.order_id].seqs or ())
        if codes >= CODES_MAX:
            yield group
            group, codes = [], 0
    if group:
        yield group
