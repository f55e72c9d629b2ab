"""An order as its partner's key may see it, read back for whatever answers with one."""

from gateway.catalog.rules import CurrentCatalog, Key
from gateway.ground.http.problems import ProblemError
from gateway.orders.finding import OrderDesk, View
from gateway.orders.record import OrderRecord
from gateway.orders.wire import order_json


class OrderViews:
    """Reads orders back; `via` says how, for the audit log."""

    def __init__(self, desk: OrderDesk, catalog: CurrentCatalog) -> None:
        self._desk = desk
        self._catalog = catalog

    async def one(self, key: Key, order_id: int, via: str) -> bytes | None:
        """The order as JSON, with its codes if the key may read them; None: there is none."""
        shown = await self._desk.show(
            View(
                partner_id=key.partner_id,
                order_id=order_id,
                key_id=key.key_id,
                with_codes=key.reads_codes,
                via=via,
            )
        )
        return None if shown is None else self.json(shown.record, shown.codes)

    async def read_back(self, key: Key, order_id: int) -> bytes:
        """An order that stands, as every later answer to its number has it."""
        order = await self.one(key, order_id, "replay")
        if order is None:
            raise ProblemError("internal")
        return order

    def json(self, record: OrderRecord, codes: bytes | None) -> bytes:
        """A record as the contract has it; `codes` None leaves the member out."""
        sku = self._catalog.now.skus_by_id[record.sku_id]
        return order_json(record, sku=sku.sku, currency=sku.currency, codes=codes)
