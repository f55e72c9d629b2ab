"""Webhooks as they arrive, and what is made of them. Pure."""

import base64
import hashlib
import hmac
import json
from typing import Any, Final

from connectors.sdk.conformance.answer_cases import ORDER

NOW: Final = 1_767_225_600
KEY: Final = b"a webhook secret of 32 bytes....."
SECRET: Final = f"whsec_{base64.b64encode(KEY).decode()}"
OLD: Final = f"whsec_{base64.b64encode(b'the one before').decode()}"
ID: Final = "msg_1"
MOMENT: Final = "2026-01-01T00:00:00Z"


def body(kind: str, data: Any, sequence: int = 1) -> str:
    """A message's bytes as text."""
    said = {"type": kind, "timestamp": MOMENT, "data": data, "sequence": sequence}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def sign(text: str, *, secret: str = SECRET, stamp: int | str = NOW, id_: str = ID) -> str:
    """One signature."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    said = f"{id_}.{stamp}.{text}".encode()
    return "v1," + base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()


def case(name: str, text: str, *, signature: str | None = None, **more: Any) -> dict[str, Any]:
    """A case whose message is right, but for what is said."""
    stamp, id_ = more.pop("stamp", NOW), more.pop("id", ID)
    headers = {
        "webhook-id": id_,
        "webhook-timestamp": str(stamp),
        "webhook-signature": signature or sign(text, stamp=stamp, id_=id_),
    }
    headers = more.pop("headers", headers)
    given = {"secrets": [SECRET], "now": NOW, "tolerance": 300, **more}
    return {"name": name, **given, "headers": headers, "body": text}


def read(kind: str, *, seen: bool = False, sequence: int = 1, **more: Any) -> dict[str, Any]:
    """The event that is expected."""
    return {"id": ID, "type": kind, "timestamp": MOMENT, "sequence": sequence, "seen": seen, **more}


def good() -> list[dict[str, Any]]:
    """What verifies."""
    order = {"order_no": ORDER["order_no"], "state": "delivered"}
    delivered = body("order.delivered", ORDER)
    right = read("order.delivered", order=order)
    both = f"{sign(delivered, secret=OLD)} {sign(delivered)}"
    upper = {
        "Webhook-Id": ID, "WEBHOOK-TIMESTAMP": str(NOW), "Webhook-Signature": sign(delivered),
    }  # fmt: skip
    balance = {"available": 0, "currency": "CNY"}
    made = [
        case("an order's", delivered, event=right),
        case("headers in other letters", delivered, headers=upper, event=right),
        case("signed with two secrets", delivered, signature=both, event=right),
        case("the old secret is known, too", delivered, secrets=[OLD, SECRET], event=right),
        case("signed with the old one", delivered, secrets=[SECRET, OLD],
             signature=sign(delivered, secret=OLD), event=right),
        case("a version to come beside ours", delivered,
             signature=f"v9,AAAA {sign(delivered)}", event=right),
        case("as old as may be", delivered, stamp=NOW - 300, event=right),
        case("as early as may be", delivered, stamp=NOW + 300, event=right),
        case("a wider tolerance", delivered, stamp=NOW - 900, tolerance=1000, event=right),
        case("handled already", delivered, seen=[ID], event=read("order.delivered", seen=True,
             order=order)),
        case("another one was handled", delivered, seen=["msg_2"], event=right),
        case("about money", body("balance.low", balance), event=read("balance.low", data=balance)),
        case("a test", body("test", {}), event=read("test", data={})),
        case("a type to come", body("stars.aligned", {"a": [1]}),
             event=read("stars.aligned", data={"a": [1]})),
        case("a high sequence", body("order.delivered", ORDER, 2**40),
             event=read("order.delivered", sequence=2**40, order=order)),
        case("Chinese in it", body("test", {"券": "码"}), event=read("test", data={"券": "码"})),
    ]  # fmt: skip
    for state in ("partial", "failed", "uncertain", "reversed", "dreaming"):
        text = body(f"order.{state}", {**ORDER, "state": state})
        said = {"order_no": ORDER["order_no"], "state": state}
        made.append(case(f"an order is {state}", text, event=read(f"order.{state}", order=said)))
    return made


def bad() -> list[dict[str, Any]]:
    """What does not."""
    text = body("order.delivered", ORDER)
    right = sign(text)
    whole = {
        "webhook-id": ID, "webhook-timestamp": str(NOW), "webhook-signature": right,
    }  # fmt: skip
    return [
        case("another secret", text, secrets=[OLD]),
        case("no secret", text, secrets=[]),
        case("another body", text.replace("delivered", "failed"), signature=right),
        case("another id", text, signature=right, id="msg_2"),
        case("another timestamp", text, signature=right, stamp=NOW + 1),
        case("too old", text, stamp=NOW - 301),
        case("too early", text, stamp=NOW + 301),
        case("outside a narrow tolerance", text, stamp=NOW - 11, tolerance=10),
        case("no id", text, headers={k: v for k, v in whole.items() if k != "webhook-id"}),
        case("no timestamp", text,
             headers={k: v for k, v in whole.items() if k != "webhook-timestamp"}),
        case("no signature", text,
             headers={k: v for k, v in whole.items() if k != "webhook-signature"}),
        case("no header", text, headers={}),
        case("a timestamp that is none", text, stamp="soon"),
        case("a negative timestamp", text, stamp="-1"),
        case("a signature of another version", text, signature=right.replace("v1,", "v2,")),
        case("half a signature", text, signature=right[:20]),
        case("a signature without its version", text, signature=right.removeprefix("v1,")),
        case("a body that is no JSON", "order.delivered"),
        case("a body that is a list", "[]"),
        case("a body without a type", '{"data":{}}'),
        case("an order that is none", body("order.delivered", {"order_no": 1})),
    ]  # fmt: skip


def cases() -> list[dict[str, Any]]:
    """All."""
    return [*good(), *({**one, "error": "invalid-webhook"} for one in bad())]
