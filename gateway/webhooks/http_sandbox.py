"""Twins of a partner's view of its messages: those about the sandbox, apart from all others."""

from typing import Final

from aiohttp.web import BaseRequest, Response

from gateway.ground.http.operation import Route
from gateway.ground.http.twin import ForTwinError
from gateway.ground.traffic.admission import Class
from gateway.partners.authentication import Gate
from gateway.webhooks import http


class SandboxDeliveries:
    """`deliveries` are those of the sandbox."""

    def __init__(self, gate: Gate, deliveries: http.Deliveries) -> None:
        self._gate = gate
        self._deliveries = deliveries

    async def page(self, request: BaseRequest, proved: ForTwinError) -> Response:
        """GET /v1/webhooks/deliveries."""
        key = self._gate.enter_sandbox(request, proved, Class.LIST)
        return await self._deliveries.page_of(request, key)

    async def replay(self, request: BaseRequest, proved: ForTwinError, id_text: str) -> Response:
        """POST /v1/webhooks/deliveries/{id}/replay."""
        key = await self._gate.enter_sandbox_write(request, proved)
        return await self._deliveries.replay_of(request, key, proved.body, id_text)

    async def send_test(self, request: BaseRequest, proved: ForTwinError) -> Response:
        """POST /v1/webhooks/test."""
        key = await self._gate.enter_sandbox_write(request, proved)
        return await self._deliveries.send_test_of(request, key, proved.body, {"sandbox": True})


TWINS: Final = (
    Route("GET", "/v1/webhooks/deliveries", SandboxDeliveries.page, http.LIST_DELIVERIES),
    Route(
        "POST", "/v1/webhooks/deliveries/{id}/replay", SandboxDeliveries.replay,
        http.REPLAY_DELIVERY,
    ),
    Route("POST", "/v1/webhooks/test", SandboxDeliveries.send_test, http.SEND_TEST),
)  # fmt: skip
