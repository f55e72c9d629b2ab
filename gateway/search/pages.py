"""What was found, by noun; a single match leads straight to it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from gateway.ground.desk.action import Change
from gateway.ground.desk.html.own_page import OwnPage
from gateway.ground.desk.port import At
from gateway.ground.desk.rest.caller import Caller
from gateway.search.find import READS, SEARCH_CODES, search
from gateway.search.rules import Match, Matched, kinds_of

# What a text was looked for as, by its shape.
SHAPED: Final[Mapping[Matched, str]] = {
    Matched.ORDER_NO: "our number of an order",
    Matched.ATTEMPT_NO: "our number of an attempt",
    Matched.WEBHOOK_ID: "the id of a message",
    Matched.OUT_ORDER_NO: "a partner's number of an order",
    Matched.UPSTREAM_NO: "an upstream's number of an order",
    Matched.RECIPIENT: "a recipient",
    Matched.CASE_NO: "our number of a case",
    Matched.OUT_CASE_NO: "a partner's number of a case",
    Matched.KEY_ID: "the id of an API key",
    Matched.BATCH: "the number of a batch",
    Matched.OPERATOR: "an operator's name",
    Matched.TOKEN_ID: "the id of a token",
    Matched.TRACE_ID: "the id of a request that changed something",
    Matched.NAME: "a name",
    Matched.CODE: "a code",
}
SAID_SHAPES: Final = (
    "our number of an order", "our number of an attempt", "the id of a message",
    "a partner's number of an order", "an upstream's number of an order", "a recipient",
    "our number of a case", "a partner's number of a case", "the id of an API key",
    "the number of a batch", "an operator's name", "the id of a token",
    "the id of a request that changed something", "a name", "a code",
)  # fmt: skip
PARTS: Final = frozenset({"attempt", "webhook"})  # of an order
# Where a thing stands: the plural of its noun.
PLACES: Final[Mapping[str, str]] = {
    noun: permission.partition(":")[0] for noun, permission in READS.items()
} | {"batch": "batches"}


def shown(matches: Sequence[Match], text: str, *, codes: bool) -> Mapping[str, Any]:
    """The page's data: matches by noun, in the order of the answer; of a miss what was tried.

    The text itself is not there: it may be a code, and pages are copied into tickets.
    """
    one = matches[0] if len(matches) == 1 else _one_order(matches)
    if one is not None:
        return {"leads": f"/console/{PLACES[one.noun]}/{quote(one.name, safe='')}"}
    groups: dict[str, list[Mapping[str, str]]] = {}
    for match in matches:
        said = SHAPED[Matched(match.matched)]
        row = {"name": match.name, "label": match.label, "matched": said}
        groups.setdefault(match.noun, []).append(row)
    tried = [kind for kind in kinds_of(text.strip()) if kind is not Matched.CODE or codes]
    return {
        "asked": True,
        "groups": groups,
        "tried": [SHAPED[kind] for kind in tried],
        "without_codes": not codes,
    }


def _one_order(matches: Sequence[Match]) -> Match | None:
    """The order that every match is or belongs to; None: there is none such.

    What belongs to an order was found with it, by the same number.
    """
    orders = [match for match in matches if match.noun == "order"]
    kinds = {order.matched for order in orders}
    if len({order.name for order in orders}) != 1:
        return None
    apart = [
        match
        for match in matches
        if match.noun != "order" and not (match.noun in PARTS and match.matched in kinds)
    ]
    return None if apart else orders[0]


async def _found(at: At, asked: Mapping[str, str], change: Change) -> Mapping[str, Any]:
    text = asked.get("q", "")
    if not text.strip():
        return await _nothing(at, asked, None)
    matches = await search(at, text, change)
    codes = change.permissions is None or SEARCH_CODES in change.permissions
    return shown(list(dict.fromkeys(matches)), text, codes=codes)


async def _nothing(_at: At, _asked: Mapping[str, str], _: Caller | None) -> Mapping[str, Any]:
    return {"asked": False, "groups": {}, "tried": [], "without_codes": False}


PAGES: Final[Sequence[OwnPage]] = (
    OwnPage(
        path="search",
        zh="搜索",
        en="Search",
        template="search/templates/found.html",
        read=_nothing,
        seen=_found,
        permission="search:read",
        posted=True,
    ),
)
