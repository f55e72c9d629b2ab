"""Refusals in each platform's envelope, and the rows of `test_connectors_refusals` of the platforms
that a protocol file describes.
"""

from typing import Any

from connectors.contract import AnswerKind
from connectors.exchange import HttpResponse
from tests.world.connector_play import ok

REJECTED, UNKNOWN, NOT_SENT = AnswerKind.REJECTED, AnswerKind.UNKNOWN, AnswerKind.NOT_SENT
GONE, NO_NEWS = AnswerKind.NOT_FOUND, AnswerKind.UNKNOWN


def refusal(platform: str, said: str | int, *, status: int = 200) -> HttpResponse:
    """A refusal in the platform's envelope: `said` is its code where it has codes, else its text;
    both as `code text`.
    """
    code, _, text = str(said).partition(" ")
    number = int(code) if code.isdigit() else 0
    body: Any = {
        "fulu": lambda: {"code": number or 9999, "message": text or code, "result": "", "sign": ""},
        "kasushou": lambda: {"code": number or 400, "msg": text or code, "data": None},
        "dayuanren": lambda: {"errno": 1, "errmsg": text or code, "data": []},
        "dtone": lambda: {"errors": [{"code": number, "message": text or code}]},
        "reloadly": lambda: {"message": text or code, "errorCode": code, "details": []},
        "dujiao": lambda: {"ok": False, "error_code": code, "error_message": text},
        "kakayun": lambda: {"code": number or 9999, "msg": text or code, "data": None},
        "xingquanyi": lambda: {"code": code, "message": text or code, "data": None},
        "fengzhushou": lambda: {"retcode": number or 9999, "msg": text or code, "data": None},
        "generic": lambda: {"code": number or 9999, "msg": text or code},
        "dingconnect": lambda: {
            "ResultCode": 5,
            "ErrorCodes": [{"Code": code, "Context": text}],
            "Items": [],
        },
    }[platform]()
    return ok(body, status=status)


BY_FILE: list[tuple[str, int, str, AnswerKind, AnswerKind]] = [
    # dujiao: codes; asked for by its own number, it denies nothing.
    *(("dujiao", status, code, NO_NEWS, REJECTED) for status, code in (
        (401, "missing_auth_headers"), (401, "invalid_timestamp"), (401, "timestamp_expired"),
        (401, "invalid_signature"), (403, "invalid_api_key"), (403, "user_disabled"),
        (400, "bad_request"), (400, "invalid_callback_url"), (400, "sku_unavailable"),
        (402, "insufficient_balance"), (409, "insufficient_stock"), (200, "payment_failed"))),
    ("dujiao", 409, "bad_request", NO_NEWS, UNKNOWN),
    ("dujiao", 404, "order_not_found", NO_NEWS, UNKNOWN),
    ("dujiao", 500, "internal_error", NO_NEWS, UNKNOWN),
    ("dujiao", 502, "sku_unavailable", NO_NEWS, UNKNOWN),
    ("dujiao", 429, "x", NO_NEWS, NOT_SENT),
    # kakayun: codes; 9999 is unknown, 1205 a number that it has.
    *(("kakayun", 200, f"{code}", NO_NEWS, REJECTED) for code in (
        401, 402, 403, 1000, 1001, 1002, *range(1200, 1205), *range(1206, 1215), 1300)),
    ("kakayun", 200, "404 请求过于频繁", NO_NEWS, NOT_SENT),
    ("kakayun", 200, "1205 订单号已存在", NO_NEWS, UNKNOWN),
    ("kakayun", 200, "1301 订单不存在", GONE, UNKNOWN),
    ("kakayun", 200, "9999 系统异常", NO_NEWS, UNKNOWN),
    ("kakayun", 502, "1206", NO_NEWS, UNKNOWN),
    # xingquanyi: words; server_error is unknown by its own document.
    ("xingquanyi", 200, "error 商品维护中", NO_NEWS, REJECTED),
    ("xingquanyi", 200, "invalid_parameters", NO_NEWS, REJECTED),
    ("xingquanyi", 200, "invalid_sign", NO_NEWS, REJECTED),
    ("xingquanyi", 200, "disabled_customer", NO_NEWS, REJECTED),
    ("xingquanyi", 200, "request_frequency", NO_NEWS, NOT_SENT),
    ("xingquanyi", 200, "server_error", NO_NEWS, UNKNOWN),
    ("xingquanyi", 200, "error 外部订单号已存在", NO_NEWS, UNKNOWN),
    ("xingquanyi", 200, "error 订单不存在", GONE, UNKNOWN),
    # fengzhushou: codes; whatever is in no list is unknown.
    *(("fengzhushou", 200, f"{code}", NO_NEWS, REJECTED) for code in (
        102, 103, 107, 400, 1000, 2000, 3100, 3104, 3999, 4001, 4002)),
    ("fengzhushou", 200, "3000 订单不存在", GONE, UNKNOWN),
    ("fengzhushou", 200, "9999", NO_NEWS, UNKNOWN),
    ("fengzhushou", 200, "8888 余额不足", NO_NEWS, UNKNOWN),
    # generic, by the contract's example.
    ("generic", 200, "1001", NO_NEWS, REJECTED),
    ("generic", 200, "1003", NO_NEWS, REJECTED),
    ("generic", 200, "1301", GONE, UNKNOWN),
    ("generic", 200, "7777 余额不足", NO_NEWS, UNKNOWN),
    ("generic", 500, "1001", NO_NEWS, UNKNOWN),
]  # fmt: skip
