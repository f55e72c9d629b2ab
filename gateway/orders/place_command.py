"""Placing an order from the command line: the key, the request, the codes."""

import json
import time
from collections.abc import Mapping
from typing import Any

from gateway.ground.command.command import Call
from gateway.ground.command.output import Answer
from gateway.ground.command.whence import noting
from gateway.ground.desk.opening import open_desk, open_secrecy
from gateway.ground.errors import RefusedError
from gateway.partners import signed_client as signed

KEY_KNOWN_S = 5.0  # a running gateway knows a new key within a second


async def order(
    call: Call, partner: str, content: Mapping[str, Any], *, url: str | None, curl: bool
) -> Answer:
    """Order `content` as a partner. Raises RefusedError with the problem's own code."""
    import asyncio  # late: help has no use for it

    from gateway.partners import keys

    gateway = signed.check_gateway(url if url is not None else call.gateway_url())
    async with open_desk(call) as desk:
        # Not read-only: the first use makes the key. Committed before anything is signed with it.
        async with desk.transaction() as db:
            made, is_new = await keys.own_key(db, await open_secrecy(desk.config, db), partner)
            if is_new:
                note = noting("key.create", made["key_id"], {"partner": partner})
                await note(db, {"key": await keys.key_row(db, made["key_id"])})
        key = signed.SigningKey(**made)
        request = signed.SignedRequest(
            url=gateway,
            method="POST",
            target="/v1/orders",
            body=json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(),
        )
        if curl:
            return signed.script(key, request)
        reply = await asyncio.to_thread(_send, key, request, patient=is_new)
    if not reply.ok:
        raise signed.problem_of(reply)
    placed = json.loads(reply.body)
    done = f"quangate order show {placed['order_no']}"
    return Answer(data={**placed, "codes": _opened(key, placed["codes"])}, note=f"Next: {done}")


def _send(key: signed.SigningKey, request: signed.SignedRequest, *, patient: bool) -> signed.Reply:
    deadline = time.monotonic() + KEY_KNOWN_S
    while True:
        reply = signed.send(key, request)
        if reply.status != 401 or not patient or time.monotonic() > deadline:
            return reply
        time.sleep(signed.RETRY_S)


def _opened(key: signed.SigningKey, codes: Any) -> list[dict[str, Any]]:
    from gateway.ground.native import open_jwe
    from gateway.ground.native_errors import CoreError

    try:
        return [json.loads(open_jwe(key.delivery_key, code["jwe"])) for code in codes or ()]
    except CoreError as error:
        raise RefusedError(
            "unreadable-code", f"the order was placed, but a code in it does not open: {error}"
        ) from None
