"""Joins the courier, its rows and the guarded client: the service that tells partners."""

import asyncio
import time

import structlog

from gateway.catalog.rules import CurrentCatalog
from gateway.dispatch.events import WebhookMade
from gateway.ground.native import Vault, webhook_sign
from gateway.orders.events import OrdersCreated
from gateway.orders.ports import OrdersById
from gateway.orders.record import OrderRecord
from gateway.orders.wire import order_json
from gateway.webhooks.courier import Courier
from gateway.webhooks.guarded_client import GuardedClient
from gateway.webhooks.message import Addressee, Addressees

log = structlog.get_logger()

PURPOSE = "webhook"  # what the vault binds a partner's secret to


class Telling:
    """A service of the worker (see ground.wiring.Service)."""

    def __init__(
        self,
        *,
        webhooks: Addressees,
        orders: OrdersById,
        client: GuardedClient,
        vault: Vault,
        catalog: CurrentCatalog,
    ) -> None:
        self._store = webhooks
        self._client = client
        self._vault = vault
        self._catalog = catalog
        self._secrets: dict[bytes, str] = {}  # by their wrapping
        self._reading = asyncio.Lock()
        self._old_until: dict[int, float] = {}  # partner → Unix seconds
        self.courier = Courier(
            webhooks=self._store,
            sender=self._client,
            sign=self._sign,
            learn=self.catalog_changed,
            read_orders=orders.by_ids,
            order_json=self._order_json,
        )

    async def start(self) -> None:
        """Read whom to tell and begin."""
        await self.catalog_changed()
        self.courier.start()

    async def stop(self) -> None:
        """Finish the calls under way; the rest stays in the database."""
        await self.courier.stop()
        await self._client.close()

    def created(self, event: OrdersCreated) -> None:
        """Tell what was just committed."""
        self.courier.created(event.lines)

    def made(self, event: WebhookMade) -> None:
        """The same of a result."""
        self.courier.made(event.webhook_id)

    async def catalog_changed(self) -> None:
        """Endpoints or secrets may be others now."""
        async with self._reading:  # one after the other: the newest read is the last one set
            await self._read_anew()

    async def _read_anew(self) -> None:
        secrets: dict[bytes, str] = {}
        addressees = {}
        for row in await self._store.addressees():
            wrapped = [row.webhook_secret] + ([row.old_secret] if row.old_secret else [])
            for blob in wrapped:
                secrets[blob] = self._secrets.get(blob) or self._open(blob)
            addressees[row.id] = Addressee(
                url=row.url, secrets=tuple(secrets[blob] for blob in wrapped if secrets[blob])
            )
            self._old_until[row.id] = time.time() + (row.old_for_s or 0.0)
        self._secrets = secrets
        self.courier.addressees = addressees

    def _open(self, blob: bytes) -> str:
        try:
            return self._vault.open_secret(PURPOSE, blob).decode()
        except Exception:
            # One secret that does not open must not silence the other partners.
            log.exception("webhook.secret_unusable")
            return ""

    def _sign(self, partner_id: int, message_id: int, timestamp: int, body: bytes) -> str | None:
        addressee = self.courier.addressees.get(partner_id)
        if addressee is None or not addressee.secrets:
            return None
        rotating = timestamp < self._old_until.get(partner_id, 0.0)
        secrets = addressee.secrets if rotating else addressee.secrets[:1]
        return " ".join(
            webhook_sign(secret, f"msg_{message_id}", timestamp, body) for secret in secrets
        )

    def _order_json(self, record: OrderRecord) -> bytes:
        sku = self._catalog.now.skus_by_id[record.sku_id]
        return order_json(record, sku=sku.sku, currency=sku.currency, codes=None)
