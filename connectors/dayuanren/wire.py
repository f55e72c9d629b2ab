"""Dayuanren's words: forms, signature, status and error tables. Pure; shared with the simulator.

Facts: the platform's documentation and open sources (upstreams.md §1.3, §9).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from connectors.contract import AnswerKind, Reason
from connectors.exchange import ProtocolError
from connectors.loose import as_text, read_object
from connectors.refusal import Sentences
from connectors.secret import Secret
from connectors.signing import form_text, sorted_form_md5
from connectors.spelled import read_form

# Public `state` of check and of callbacks.
STATES: Final[Mapping[str, AnswerKind]] = {
    "-1": AnswerKind.CANCELLED,
    "0": AnswerKind.PROCESSING,
    "1": AnswerKind.SUCCESS,
    "2": AnswerKind.FAILED,
    "3": AnswerKind.PARTIAL,
}

# Refusals are text only, with errno 1: these sentences mean that nothing was entered. Everything
# else, and above all the duplicate, proves nothing.
REFUSALS: Final = Sentences(
    [
        ("签名错误", Reason.CREDENTIALS),
        (r"请将[ip0-9a-f.:：\[\] ]*加入接口白名单", Reason.CREDENTIALS),
        ("账户不可用", Reason.CREDENTIALS),
        # Assumption: the text is not in the documents.
        ("(?:账户|商户)?余额不足", Reason.INSUFFICIENT_BALANCE),
        ("参数错误(?:.*请使用http-post表单.*)?", Reason.INVALID_REQUEST),
        ("面值检测不相同", Reason.INVALID_REQUEST),
        ("成本限制", Reason.PRICE_CHANGED),
        ("未找到相关产品", Reason.PRODUCT_UNAVAILABLE),
        ("手机号格式不正确", Reason.INVALID_ACCOUNT),
    ]
)
REFUSED: Final = "1"  # errno
DUPLICATE_TEXT: Final = "已经存在相同商户订单号"

# recharge members that an order may carry beside the mandatory ones.
RECHARGE_EXTRAS: Final = frozenset(
    {"area", "city", "ytype", "id_card_no", "param1", "param2", "param3"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayuanrenSettings:
    """`--set` names. `callback_window_s` bounds the age of a callback's `otime`; it spans the
    platform's own retries (1 + 4 + 9 + 16 minutes), in case `otime` is of the order's end.
    """

    userid: str
    apikey: Secret
    prefix: str = "/yrapi.php/index"
    callback_window_s: int = 3600


def signed_form(fields: Mapping[str, str], key: Secret) -> bytes:
    """The request body: encoded in the form, decoded in the signature."""
    return form_text({**fields, "sign": sorted_form_md5(fields, key)}).encode()


def read_callback(body: bytes, content_type: str) -> dict[str, str]:
    """A callback's fields; it comes as a form or as JSON. Raises `ProtocolError`."""
    if "json" not in content_type and not body.lstrip().startswith(b"{"):
        return read_form(body)
    return {name: _field_text(value) for name, value in read_object(body).items()}


def _field_text(value: Any) -> str:
    """A JSON member as the form would have carried it."""
    if isinstance(value, (dict, list)):
        raise ProtocolError("a member is not a scalar")
    return "" if value is None else str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """An answer; `data` as received."""

    errno: str
    message: str
    data: Any

    @property
    def ok(self) -> bool:
        """errno 0."""
        return self.errno == "0"

    @property
    def refusal(self) -> Reason | None:
        """Why the answer is an explicit refusal; None if it proves nothing."""
        return REFUSALS.meaning(self.message) if self.errno == REFUSED else None


def read_envelope(body: bytes) -> Envelope:
    """Read `{errno, errmsg, data}`; raises `ProtocolError`."""
    answer = read_object(body)
    errno = as_text(answer.get("errno"))
    if errno is None:
        raise ProtocolError("the answer has no errno")
    return Envelope(
        errno=errno, message=as_text(answer.get("errmsg")) or "", data=answer.get("data")
    )


def read_rows(data: Any) -> list[dict[str, Any]]:
    """The rows of check: a list, or one order; `{}` is none, as PHP writes an empty array. Raises
    `ProtocolError` for what is no list: an answer without one does not say "none".
    """
    rows = ([data] if data else []) if isinstance(data, dict) else data
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ProtocolError("the answer has no list")
    return rows
