"""What a refusal's text proves, where a platform has no finer code than a text. Pure.

A word in a foreign message never decides over money: only a whole sentence does. "用户不存在" holds
the words of "订单不存在" and speaks of us, not of the order; read as absence it would be paid
twice. Whatever is not exactly one of the sentences here proves nothing.
"""

import re
from collections.abc import Iterable
from typing import Final, Generic, TypeVar

T = TypeVar("T")

_POINT: Final = re.compile(r"[\s.。,，;；!！?？~]+\Z")
_WHOSE: Final = "(?:(?:该|此|这个|本|您的|相关|对应|外部|商户|客户|平台|第三方)的?)*"
_ORDER: Final = rf"{_WHOSE}(?:订单(?:编号|号码|号|信息|记录|数据)?|单号)"
_LOST: Final = "未找到|没有找到|没找到|找不到|未查询到|没有查询到|查询不到|查不到|查无|不存在"
_GONE: Final = f"(?:{_LOST})"
_NO: Final = f"(?:{_LOST}|没有|无)"
# "无订单号", "没有商户单号": our request lacks a number. Only with 该, 此 … it is about an order.
_NO_NUMBER: Final = re.compile(
    "(?:没有|无)(?:(?:本|您的|外部|商户|客户|平台|第三方)的?)*(?:订单(?:编号|号码|号)|单号)"
)
_ENGLISH_GONE: Final = (
    "(?:(?:is|was|were) )?not found|(?:does|did) not exist|doesn't exist|not exist"
    "|(?:cannot|can not|could not) be found"
)


def denies_order(text: str, order_no: str) -> bool:
    """Whether the whole text says that an order, or the order `order_no`, is not there.

    About anything else (user, application, key, sign, IP, interface, merchant, product, balance),
    and about an order in any more words, it says nothing.
    """
    said = _POINT.sub("", text.strip())
    if _NO_NUMBER.fullmatch(said):
        return False
    number = rf"[\s:：\[【(（'\"]*(?:{re.escape(order_no)})?[\s\]】)）'\"]*"
    english = rf"(?:the |this )?order(?: ?(?:no\.?|number|id))?{number}(?:{_ENGLISH_GONE})"
    forms = (
        rf"{_ORDER}{number}{_GONE}",
        rf"{_NO}{_ORDER}{number}",
        rf"{re.escape(order_no)}\s*{_GONE}" if order_no else None,
        english,
        rf"no such order(?: (?:no\.?|number|id))?{number}",
        "order[_-]not[_-](?:found|exist)",
    )
    return any(form and re.fullmatch(form, said, re.IGNORECASE) for form in forms)


class Sentences(Generic[T]):
    """Whole sentences of a platform and what each means. A pattern is matched against all of a
    text but the points at its end, case does not count.
    """

    def __init__(self, rows: Iterable[tuple[str, T]]) -> None:
        self._rows = [(re.compile(pattern, re.IGNORECASE), meaning) for pattern, meaning in rows]

    def meaning(self, text: str) -> T | None:
        """What a text means; None: it is none of these sentences."""
        said = _POINT.sub("", text.strip())
        return next((meaning for row, meaning in self._rows if row.fullmatch(said)), None)
