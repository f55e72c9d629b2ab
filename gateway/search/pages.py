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
    Matched.KEY_ID: "the id of an API key",
    Matched.BATCH: "the number of a batch",
    Matched.OPERATOR: "an operator's name",
    Matched.TRACE_ID: "the id of a request",
    Matched.NAME: "a name",
    Matched.CODE: "a code",
}
SAID_SHAPES: Final = (
    "our number of an order", "our number of an attempt", "the id of a message",
    "a partner's number of an order", "an upstream's number of an order", "a recipient",
    "the id of an API key", "the number of a batch", "an operator's name", "the id of a request",
    "a name", "a code",
)  # fmt: skip
# Where a thing stands: the plural of its noun.
PLACES: Final[Mapping[str, str]] = {
    noun: permission.partition(":")[0] for noun, permission in READS.items()
} | {"batch": "batches"}


def shown(matches: Sequence[Match], text: str, *, codes: bool) -> Mapping[str, Any]:
    """The page's data: matches by noun, in the order of the answer; of a miss what was tried.

    The text itself is not there: it may be a code, and pages are copied into tickets.
    """
    if len(matches) == 1:
        (one,) = matches
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
