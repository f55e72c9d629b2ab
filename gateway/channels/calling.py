"""Calls to houses whose orders are followed. Their addresses are operators', as upstreams' are."""

import time

from connectors.channels.followed import House
from connectors.exchange import HttpRequest, HttpResponse, TransportFailure
from connectors.transport import Transport
from gateway.channels.rules import ChannelAccount

UNANSWERED = HttpResponse(status=0)  # as what is no answer is read: ask again


def house_of(account: ChannelAccount) -> House:
    """Where, with what, and now."""
    return House(settings=account.settings, base_url=account.base_url or "", now=time.time())


async def answer_to(transport: Transport, request: HttpRequest) -> HttpResponse:
    """What the house said, or UNANSWERED."""
    try:
        return await transport.exchange(request)
    except TransportFailure:
        return UNANSWERED
