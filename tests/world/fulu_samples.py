"""Orders and answers of Fulu that several tests read."""

from typing import Any

from connectors.contract import (
    Context,
    QueryRequest,
    SubmitRequest,
)
from connectors.fulu.connector import Fulu
from connectors.fulu.wire import FuluSettings
from connectors.secret import Secret
from connectors.signing import compact_json, sorted_characters_md5
from tests.world.connector_play import deal, ok

SECRET = Secret("0123456789abcdef0123456789abcdef")


SETTINGS = FuluSettings(app_key="demo_app_key", secret=SECRET)


FULU = Fulu(base_url="http://fulu.test", settings=SETTINGS)


CONTEXT = Context(now=1767225600.0)  # 2026-01-01 08:00:00 in Beijing


TOP_UP = SubmitRequest(attempt_no="T1", product_id="10000001", account="888888")


ASKED = QueryRequest(attempt_no="T1", product_id="10000001", account="888888")


def envelope(
    code: object, result: Any = None, *, message: str = "", sign: str | None = None
) -> Any:
    """An answer with a correct sign, unless another is given."""
    text = "" if result is None else compact_json(result)
    correct = sorted_characters_md5(text, SECRET)
    return {
        "code": code,
        "message": message,
        "result": text,
        "sign": correct if sign is None else sign,
    }


def order(state: str, **more: Any) -> dict[str, Any]:
    """An order as order.info.get shows it."""
    return {
        "order_id": "F1",
        "customer_order_no": "T1",
        "product_id": 10000001,
        "charge_account": "888888",
        "buy_num": 1,
        "order_price": 9.8,
        "order_state": state,
        **more,
    }


def query(answer: Any, request: QueryRequest = ASKED) -> Any:
    """The state read from one answer."""
    return deal(FULU.query, request, CONTEXT, ok(answer)).result
