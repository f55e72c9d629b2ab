"""Lists: their parameters, their opaque cursors, and one page as JSON.

A cursor holds the key of the last row that was shown, so it stays right while rows are
inserted; its first letter tells the lists apart.
"""

import base64
import binascii
import re
from typing import Final
from urllib.parse import unquote_plus

from aiohttp.web import BaseRequest

from gateway.ground.http.body import invalid
from gateway.ground.http.operation import Parameter

LIMIT_DEFAULT: Final = 50
LIMIT_MAX: Final = 200
ID_MAX: Final = 2**63 - 1
NO_PARAMETERS: Final[frozenset[str]] = frozenset()
LIST_PARAMETERS: Final = frozenset({"limit", "cursor"})
LIMIT: Final = Parameter(
    "limit",
    "How many a page holds.",
    {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT_DEFAULT},
)
CURSOR: Final = Parameter(
    "cursor",
    "`next_cursor` of the page before.",
    {"type": "string", "pattern": "^[A-Za-z0-9_-]{2,100}$"},
)

ORDERS: Final = b"o"
PRODUCTS: Final = b"p"
ENTRIES: Final = b"e"
DELIVERIES: Final = b"d"
HOLDS: Final = b"h"
CASES: Final = b"c"
_ID: Final = re.compile(r"[1-9][0-9]{0,18}").fullmatch


def parse_id(text: str) -> int | None:
    """An order number (or another id of ours) as a number; None when it cannot be one."""
    if not _ID(text):
        return None
    number = int(text)
    return number if number <= ID_MAX else None


def parse_query(request: BaseRequest, allowed: frozenset[str] = LIST_PARAMETERS) -> dict[str, str]:
    """The query's parameters, each at most once. Raises ProblemError naming a wrong one."""
    _, _, raw = request.raw_path.partition("?")
    query: dict[str, str] = {}
    for part in raw.split("&") if raw else ():
        name, _, value = part.partition("=")
        name = unquote_plus(name)
        if name not in allowed:
            known = ", ".join(sorted(allowed)) or "none"
            raise invalid([(f"/{name}", f"unknown parameter; there are: {known}")])
        if name in query:
            raise invalid([(f"/{name}", "given twice")])
        query[name] = unquote_plus(value)
    return query


def parse_limit(query: dict[str, str]) -> int:
    """`limit`, 1 to 200, default 50."""
    text = query.get("limit", str(LIMIT_DEFAULT))
    if not re.fullmatch(r"[0-9]{1,4}", text) or not 1 <= int(text) <= LIMIT_MAX:
        raise invalid([("/limit", f"must be a whole number from 1 to {LIMIT_MAX}")])
    return int(text)


def make_cursor(list_: bytes, last: int) -> str:
    """An opaque cursor of a list by id: everything before this id."""
    return _encode(list_ + last.to_bytes(8, "big"))


def parse_cursor(list_: bytes, query: dict[str, str]) -> int | None:
    """The id a cursor stands for. Raises ProblemError for anything this list did not make."""
    raw = _decode(list_, query)
    if raw is None:
        return None
    value = int.from_bytes(raw, "big")
    if len(raw) != 8 or value > ID_MAX:
        raise _not_a_cursor()
    return value


def make_name_cursor(list_: bytes, last: str) -> str:
    """An opaque cursor of a list by name: everything after this name."""
    return _encode(list_ + last.encode())


def parse_name_cursor(list_: bytes, query: dict[str, str]) -> str | None:
    """The name a cursor stands for. Raises ProblemError for anything this list did not make."""
    raw = _decode(list_, query)
    if raw is None:
        return None
    if not re.fullmatch(rb"[A-Za-z0-9._-]{1,64}", raw):
        raise _not_a_cursor()
    return raw.decode()


def page_json(data: list[bytes], next_cursor: str | None) -> bytes:
    """One page of a list."""
    cursor = b"null" if next_cursor is None else b'"%b"' % next_cursor.encode()
    return b'{"data":[' + b",".join(data) + b'],"next_cursor":' + cursor + b"}"


def _encode(raw: bytes) -> str:
    # Without padding: "=" would have to be escaped in a query.
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(list_: bytes, query: dict[str, str]) -> bytes | None:
    text = query.get("cursor")
    if text is None:
        return None
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise _not_a_cursor() from None
    # One spelling only: what is not exactly ours is refused.
    if raw[:1] != list_ or _encode(raw) != text:
        raise _not_a_cursor()
    return raw[1:]


def _not_a_cursor() -> Exception:
    return invalid([("/cursor", "is not a cursor of this list")])
