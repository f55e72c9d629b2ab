"""`quangate key check`: refused at the gateway, explained at the desk."""

import time
from pathlib import Path
from typing import Any

import orjson

from gateway.partners.refusal import PER_KEY_MAX
from tests.conftest import Cli
from tests.contract.http.test_api_http import request_bytes
from tests.world.gateway_process import Gateway
from tests.world.partner import Partner, eventually, sign, signed_headers
from tests.world.shop import Shop

WRONG = "v1=" + "00" * 32


async def refused_of(command: Cli, partner: Partner, wanted: int) -> list[dict[str, Any]]:
    """What the desk shows, once the gateway has noted so many."""
    found: list[dict[str, Any]] = []

    async def noted() -> bool:
        nonlocal found
        answer = command("key", "check", partner.key.key_id, "--json")
        assert answer.returncode == 0, answer.stderr
        found = answer.json["refused"]
        return len(found) >= wanted

    await eventually(noted)
    return found


async def test_the_string_that_was_signed_here(shop: Shop, command: Cli) -> None:
    """Each refusal with its reason and its string; no secret, no body."""
    partner = await shop.partner(allow_ips=["203.0.113.0/24"])
    canary = "canary-body-7261"
    target = "/v1/orders?x=%20"
    body = orjson.dumps({"out_order_no": canary})
    headers = signed_headers(partner.key, "POST", target, body)
    await partner.send("POST", target, body, headers={**headers, "X-Quangate-Signature": WRONG})
    await partner.send("GET", "/v1/account", at=time.time() - 400)
    await partner.send("GET", "/v1/account")
    await partner.send(
        "GET", "/v1/account", headers={"X-Quangate-Signature": f"v1={partner.key.secret}"}
    )
    shown = await refused_of(command, partner, 4)
    assert [each["code"] for each in shown[:4]] == [
        "unauthenticated", "forbidden", "stale-timestamp", "unauthenticated",
    ]  # fmt: skip
    oldest = shown[3]  # what came before asked whether the key was known yet
    at, nonce = headers["X-Quangate-Timestamp"], headers["X-Quangate-Nonce"]
    right = sign(partner.key.secret, ("POST", target, at, nonce, body))
    assert right == headers["X-Quangate-Signature"]
    assert oldest["string_to_sign"] == "\n".join(("POST", target, at, nonce, oldest["body_sha256"]))
    assert oldest["client"] == "127.0.0.1"
    text = orjson.dumps(shown).decode()
    assert canary not in text
    assert partner.key.secret not in text
    assert partner.key.secret.removeprefix("qs_") not in text


async def test_few_are_kept_of_each_key(shop: Shop, command: Cli) -> None:
    """A flood of forgeries leaves the last ones; nothing of keys that do not exist."""
    partner = await shop.partner()
    for number in range(PER_KEY_MAX * 2):
        await partner.send("GET", f"/v1/orders/{number}", headers={"X-Quangate-Signature": WRONG})

    async def latest() -> bool:
        shown = await refused_of(command, partner, PER_KEY_MAX)
        assert len(shown) == PER_KEY_MAX
        return bool(shown[0]["target"] == f"/v1/orders/{PER_KEY_MAX * 2 - 1}")

    await eventually(latest)
    answer = command("key", "check", "qk_00000000000000000000", "--json")
    assert (answer.returncode, answer.json["error"]["code"]) == (1, "not-found")


async def test_a_request_in_a_file(
    shop: Shop, command: Cli, tmp_path: Path, gateway: Gateway
) -> None:
    """The part that differs is named, and what would have been right."""
    partner = await shop.partner()
    file = tmp_path / "sent.http"

    def check(data: bytes) -> Any:
        file.write_bytes(data)
        answer = command("key", "check", partner.key.key_id, "--request", str(file), "--json")
        assert answer.returncode == 0, answer.stderr
        return answer.json["request"]

    body = b'{"out_order_no":"A1","sku":"X"}'
    right = request_bytes(partner.key, "POST", "/v1/orders?a=1", body)
    assert check(right) | {"parts": []} == {
        "genuine": True, "differs": [], "signed_instead": None, "parts": [],
        "string_to_sign": check(right)["string_to_sign"],
    }  # fmt: skip
    other_path = request_bytes(partner.key, "POST", "/v1/orders", body)
    found = check(other_path.replace(b"/v1/orders ", b"/v1/orders?a=1 "))
    assert (found["genuine"], found["differs"]) == (False, ["path"])
    assert "\n/v1/orders?a=1\n" in found["string_to_sign"]
    assert "\n/v1/orders\n" in found["signed_instead"]
    changed = check(right.replace(b'"X"', b'"Y"'))
    assert (changed["genuine"], changed["differs"]) == (False, ["signature"])
    # What arrived here tells the rest: the same request, as a proxy passed it on.
    headers = signed_headers(partner.key, "POST", "/v1/orders", body)
    sent = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    await partner.send("POST", "/v1/orders", body + b" ", headers=headers)
    await refused_of(command, partner, 1)
    passed_on = check(f"POST /v1/orders HTTP/1.1\r\n{sent}\r\n".encode() + body)
    assert (passed_on["genuine"], passed_on["differs"]) == (True, ["digest"])


async def test_files_that_are_no_request(shop: Shop, command: Cli, tmp_path: Path) -> None:
    """A sentence, and nothing of what is in the file."""
    partner = await shop.partner()
    file = tmp_path / "sent.http"
    for content in (b"", b"canary-file", b"\x16\x03\x01" * 100):
        file.write_bytes(content)
        answer = command("key", "check", partner.key.key_id, "--request", str(file), "--json")
        assert (answer.returncode, answer.json["error"]["code"]) == (1, "not-a-request")
        assert "canary" not in answer.stdout + answer.stderr
    answer = command(
        "key", "check", partner.key.key_id, "--request", str(tmp_path / "no"), "--json"
    )
    assert (answer.returncode, answer.json["error"]["code"]) == (1, "unreadable-file")
