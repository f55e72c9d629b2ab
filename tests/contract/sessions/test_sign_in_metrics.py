"""What is counted of signing in (deploy/metrics.md)."""

import re

import httpx
import pyotp

from gateway.sessions.rules import FAILURES_FROM_ONE
from tests.conftest import Cli
from tests.world.gateway_process import Gateway
from tests.world.no_script import Browser, make_person


async def counted(gateway: Gateway) -> dict[str, int]:
    """Tries so far, by way and end."""
    async with httpx.AsyncClient(base_url=gateway.url, timeout=60) as client:
        text = (await client.get("/metrics")).text
    assert re.search(r"^quangate_sessions\{.*\} \d", text, re.MULTILINE)
    lines = re.findall(r"^quangate_sign_ins_total\{(.*)\} (\d+)", text, re.MULTILINE)
    found = [(dict(re.findall(r'(\w+)="(\w*)"', labels)), int(count)) for labels, count in lines]
    return {f"{said['way']} {said['end']}": count for said, count in found}


async def test_tries_are_counted_by_how_they_end(
    tab: Browser, gateway: Gateway, command: Cli
) -> None:
    """In, refused, and, after so many, kept out; a passkey that nobody knows is refused."""
    person = make_person(command, "counted", "viewer")
    before = await counted(gateway)
    await tab.sign_in(person, code=pyotp.TOTP(person.totp_secret).now())
    await tab.submit((await tab.get("/console")).form("/sign-out"))
    for _ in range(FAILURES_FROM_ONE + 2):
        await tab.sign_in(person, code="000000")
    await tab.post("/console/sign-in/passkey", {"passkey": "{}"})
    after = await counted(gateway)
    assert {name: after[name] - before[name] for name in after} == {
        "password in": 1, "password refused": FAILURES_FROM_ONE, "password locked": 2,
        "passkey in": 0, "passkey refused": 0, "passkey locked": 0,
    }  # fmt: skip
