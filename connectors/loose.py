"""Reads JSON written by servers nobody here controls: numbers as text, text as numbers, lists as
objects. Every function either returns a value of the type it names, or None; only `read_json`
raises. Nothing here knows a platform.
"""

import json
import math
import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, Final, NoReturn

import msgspec

from connectors.exchange import ProtocolError

# ISO 4217 currencies whose minor unit is not a hundredth.
MINOR_DIGITS: Final[Mapping[str, int]] = {
    "JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "PYG": 0, "UGX": 0, "XAF": 0, "XOF": 0, "RWF": 0,
    "BIF": 0, "DJF": 0, "GNF": 0, "ISK": 0, "KMF": 0, "VUV": 0, "XPF": 0,
    "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
}  # fmt: skip
AMOUNT_MAX: Final = Decimal(10) ** 15  # larger than any account; keeps hostile exponents out


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _fraction(text: str) -> Decimal:
    """Exactly; what no double holds is no number of anybody, and cannot be written to be signed."""
    number = Decimal(text)
    if number.adjusted() >= _DOUBLE_DIGITS and math.isinf(float(number)):
        raise ValueError("a number beyond every double")
    return number


_DOUBLE_DIGITS: Final = 308
DEPTH_MAX: Final = 100  # levels; whatever walks a value calls itself for each
_STRICT: Final = msgspec.json.Decoder(float_hook=_fraction)
# Made once: json.loads makes a new decoder for every call that has options.
_TOLERANT: Final = json.JSONDecoder(parse_float=_fraction, parse_constant=_no_constant)


def read_json(body: bytes) -> Any:
    """Parse an answer; fractions become Decimal. Raises `ProtocolError` for anything not JSON, and
    for what is nested too deeply."""
    try:
        value = _STRICT.decode(body)
    except (ValueError, RecursionError, InvalidOperation):
        value = _read_tolerantly(body)
    if body.count(b"[") + body.count(b"{") > DEPTH_MAX and _is_deep(value):
        raise ProtocolError("the answer is not JSON: it is nested too deeply")
    return value


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEPTH_MAX):
        level = [
            item
            for each in level
            for item in (each.values() if isinstance(each, dict) else each)
            if isinstance(item, dict | list)
        ]
        if not level:
            return False
    return True


def _read_tolerantly(body: bytes) -> Any:
    """What the strict reader refuses and other clients take: BOMs, half of a character, what PHP
    says of itself before the answer.
    """
    try:
        text = body.decode("utf-8").lstrip("\ufeff \t\r\n")
    except ValueError:
        raise ProtocolError("the answer is not JSON: it is not UTF-8") from None
    try:
        return mended(_TOLERANT.decode(_without_notices(text)))
    except (ValueError, RecursionError, InvalidOperation):
        raise ProtocolError(f"the answer is not JSON: {_looks(text)}") from None


# "Notice: Undefined index: x in /srv/a.php on line 7", as text or as HTML, on lines of its own.
_NOTICE: Final = re.compile(
    r"(?:<b>)?(?:PHP )?(?:Notice|Warning|Deprecated|Strict Standards)(?:</b>)?:"
    r"[^\n]{0,2000}? on line (?:<b>)?[0-9]{1,9}(?:</b>)?"
)
_GAP: Final = re.compile(r"(?:\s|<br ?/?>)*")
NOTICES_MAX: Final = 100


def _without_notices(text: str) -> str:
    """What follows PHP's notices, one after the other; it must be the answer, whole."""
    position = 0
    for _ in range(NOTICES_MAX):
        gap = _GAP.match(text, position)
        notice = _NOTICE.match(text, gap.end() if gap else position)
        if notice is None:
            break
        position = notice.end()
    rest = _GAP.sub("", text[position:], count=1) if position else text
    return rest if rest[:1] in {"{", "["} else text


def _looks(text: str) -> str:
    """What it is instead, in words of ours: an answer may hold a code, and is never quoted."""
    if not text:
        return "it is empty"
    if text.startswith("<"):
        return "it is HTML or XML"
    if text[0] in "{[":
        return "it is cut off, or followed by something else"
    return "something else stands before it" if "{" in text else "it is text"


DAMAGED: Final = "\ufffd"  # stands where a letter was
_HALF: Final = re.compile("[\ud800-\udfff]")


def mended(value: Any) -> Any:
    """The same with U+FFFD for each half of a character (a lone surrogate, seen where a server cut
    a text): no database, log or digest takes it.
    """
    if isinstance(value, str):
        return value if value.isascii() else _HALF.sub(DAMAGED, value)
    if isinstance(value, dict):
        return {mended(name): mended(member) for name, member in value.items()}
    return [mended(item) for item in value] if isinstance(value, list) else value


def read_object(body: bytes) -> dict[str, Any]:
    """Parse an answer that must be a JSON object; raises `ProtocolError`."""
    value = read_json(body)
    if not isinstance(value, dict):
        raise ProtocolError("the answer is not a JSON object")
    return value


def as_text(value: object) -> str | None:
    """Text of a text or a whole number; None for anything else and for the empty text."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return None


def as_int(value: object) -> int | None:
    """A whole number, also when written as text or as 1.0."""
    number = as_decimal(value)
    return int(number) if number is not None and number == number.to_integral_value() else None


def as_decimal(value: object) -> Decimal | None:
    """A finite number within reason, also when written as text."""
    if isinstance(value, bool) or not isinstance(value, (int, Decimal, str)):
        return None
    try:
        number = Decimal(value.strip() if isinstance(value, str) else value)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < AMOUNT_MAX else None


def as_object(value: object) -> dict[str, Any]:
    """An object; anything else is an empty one."""
    return value if isinstance(value, dict) else {}


def as_objects(value: object) -> list[dict[str, Any]]:
    """The objects of a list; a lone object is a list of one, anything else an empty list.

    An empty object is none: PHP writes an empty list that way as soon as it had names once.
    """
    if isinstance(value, dict):
        return [value] if value else []
    if not isinstance(value, list):
        return []
    return [item for item in value if isinstance(item, dict) and item]


def to_minor(value: object, currency: str = "CNY") -> int | None:
    """An amount in major units (yuan text, JSON number) as minor units, rounded half up."""
    number = as_decimal(value)
    if number is None:
        return None
    scaled = number.scaleb(MINOR_DIGITS.get(currency.upper(), 2))
    return int(scaled.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def to_major(amount_minor: int, currency: str = "CNY") -> Decimal:
    """Minor units as an exact amount in major units, with all its decimals: 220 → 2.20."""
    return Decimal(amount_minor).scaleb(-MINOR_DIGITS.get(currency.upper(), 2))


def yuan(amount_minor: int) -> str:
    """Fen as yuan with two decimals, as the platforms print them: 220 → "2.20"."""
    return f"{to_major(amount_minor):.2f}"


def short_yuan(amount_minor: int) -> str:
    """Fen as yuan without trailing zeros: 10000 → "100", 9850 → "98.5"."""
    return f"{yuan(amount_minor)}".rstrip("0").rstrip(".")
