"""What a client can call. Made by `make sdk-code`: edit nothing here."""

from collections.abc import AsyncIterator
from datetime import datetime

from quangate.async_calling import AsyncResource
from quangate.models import (
    Account,
    BuyerIn,
    Case,
    Delivery,
    Entry,
    Hold,
    Order,
    PassPlace,
    Product,
    Statement,
)


class AsyncOrdersCalls(AsyncResource):
    """`client.orders`."""

    async def get(self, order_no: str) -> Order:
        """Read an order."""
        return await self.call("GET", f"/v1/orders/{self.part(order_no)}", Order)

    async def get_by_out_no(self, out_order_no: str) -> Order:
        """Read an order by your number."""
        return await self.call("GET", f"/v1/orders/by-out-no/{self.part(out_order_no)}", Order)

    async def cancel(self, order_no: str) -> Order:
        """Cancel an order that is bought upstream."""
        return await self.call("POST", f"/v1/orders/{self.part(order_no)}/cancel", Order)

    def list(
        self,
        *,
        state: str | None = None,
        sku: str | None = None,
        created_from: str | datetime | None = None,
        created_to: str | datetime | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[Order]:
        """List orders."""
        return self.pages(
            "/v1/orders",
            Order,
            {
                "state": state,
                "sku": sku,
                "created_from": created_from,
                "created_to": created_to,
                "limit": limit,
            },
        )


class AsyncProductsCalls(AsyncResource):
    """`client.products`."""

    def list(
        self, *, limit: int | None = None, category: str | None = None, tag: str | None = None
    ) -> AsyncIterator[Product]:
        """List products."""
        return self.pages(
            "/v1/products", Product, {"limit": limit, "category": category, "tag": tag}
        )

    async def get(self, sku: str, *, buyer: str | None = None) -> Product:
        """Read a product."""
        return await self.call(
            "GET", f"/v1/products/{self.part(sku)}", Product, query={"buyer": buyer}
        )


class AsyncAccountCalls(AsyncResource):
    """`client.account`."""

    async def get(self) -> Account:
        """Read the balance."""
        return await self.call("GET", "/v1/account", Account)

    def entries(self, *, limit: int | None = None) -> AsyncIterator[Entry]:
        """List movements of money."""
        return self.pages("/v1/account/entries", Entry, {"limit": limit})


class AsyncStatementsCalls(AsyncResource):
    """`client.statements`."""

    async def get(self, date: str) -> Statement:
        """Read a day's statement."""
        return await self.call("GET", f"/v1/statements/{self.part(date)}", Statement)


class AsyncHoldsCalls(AsyncResource):
    """`client.holds`."""

    async def place(
        self,
        *,
        out_hold_no: str,
        sku: str,
        quantity: int | None = None,
        ttl_s: int | None = None,
        buyer: BuyerIn | None = None,
        account: str | None = None,
        campaign: str | None = None,
    ) -> Hold:
        """Hold goods for a while."""
        return await self.call(
            "POST",
            "/v1/holds",
            Hold,
            body={
                "out_hold_no": out_hold_no,
                "sku": sku,
                "quantity": quantity,
                "ttl_s": ttl_s,
                "buyer": buyer,
                "account": account,
                "campaign": campaign,
            },
        )

    async def get(self, hold_no: str) -> Hold:
        """Read a hold."""
        return await self.call("GET", f"/v1/holds/{self.part(hold_no)}", Hold)

    def list(
        self, *, state: str | None = None, sku: str | None = None, limit: int | None = None
    ) -> AsyncIterator[Hold]:
        """List holds."""
        return self.pages("/v1/holds", Hold, {"state": state, "sku": sku, "limit": limit})

    async def confirm(
        self,
        hold_no: str,
        *,
        out_order_no: str,
        max_amount: int | None = None,
        notify_url: str | None = None,
        metadata: dict[str, str] | None = None,
        sku: str | None = None,
        quantity: int | None = None,
        buyer: BuyerIn | None = None,
        account: str | None = None,
        campaign: str | None = None,
    ) -> Order:
        """Make a hold an order."""
        return await self.call(
            "POST",
            f"/v1/holds/{self.part(hold_no)}/confirm",
            Order,
            body={
                "out_order_no": out_order_no,
                "max_amount": max_amount,
                "notify_url": notify_url,
                "metadata": metadata,
                "sku": sku,
                "quantity": quantity,
                "buyer": buyer,
                "account": account,
                "campaign": campaign,
            },
        )

    async def release(self, hold_no: str) -> Hold:
        """Give a hold back."""
        return await self.call("POST", f"/v1/holds/{self.part(hold_no)}/release", Hold)


class AsyncCasesCalls(AsyncResource):
    """`client.cases`."""

    async def open(
        self,
        order_no: str,
        *,
        kind: str,
        reason: str,
        out_case_no: str,
        detail: str | None = None,
        quantity: int | None = None,
        amount: int | None = None,
        recipient: str | None = None,
        index: int | None = None,
    ) -> Case:
        """Open a case about an order."""
        return await self.call(
            "POST",
            f"/v1/orders/{self.part(order_no)}/cases",
            Case,
            body={
                "kind": kind,
                "reason": reason,
                "out_case_no": out_case_no,
                "detail": detail,
                "quantity": quantity,
                "amount": amount,
                "recipient": recipient,
                "index": index,
            },
        )

    async def get(self, case_no: str) -> Case:
        """Read a case."""
        return await self.call("GET", f"/v1/cases/{self.part(case_no)}", Case)

    def list(
        self, *, order_no: str | None = None, state: str | None = None, limit: int | None = None
    ) -> AsyncIterator[Case]:
        """List cases."""
        return self.pages("/v1/cases", Case, {"order_no": order_no, "state": state, "limit": limit})

    async def withdraw(self, case_no: str) -> Case:
        """Withdraw a case."""
        return await self.call("POST", f"/v1/cases/{self.part(case_no)}/withdraw", Case)


class AsyncDeliveriesCalls(AsyncResource):
    """`client.deliveries`."""

    def list(
        self, *, order_no: str | None = None, state: str | None = None, limit: int | None = None
    ) -> AsyncIterator[Delivery]:
        """List webhook messages."""
        return self.pages(
            "/v1/webhooks/deliveries",
            Delivery,
            {"order_no": order_no, "state": state, "limit": limit},
        )

    async def replay(self, id_: str) -> Delivery:
        """Send a webhook message again."""
        return await self.call("POST", f"/v1/webhooks/deliveries/{self.part(id_)}/replay", Delivery)

    async def test(self) -> Delivery:
        """Send a test message."""
        return await self.call("POST", "/v1/webhooks/test", Delivery)


class AsyncCampaignsCalls(AsyncResource):
    """`client.campaigns`."""

    async def take_place(self, campaign: str, *, buyer: str) -> PassPlace:
        """Wait for a pass."""
        return await self.call(
            "POST", f"/v1/campaigns/{self.part(campaign)}/passes", PassPlace, body={"buyer": buyer}
        )
