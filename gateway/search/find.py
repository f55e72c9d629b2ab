"""From any number that people have to what it belongs to.

Each kind of number is one look by an index. A code is found through the blind index, by who may
(`codes:search`): each such search, whether it finds something or not, is a row of the log of views
before anything leaves, counts as a view, and stands nowhere else. A text that something else has
is a search by code only where a code is found, too.
"""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from gateway.codes.spelling import spelling
from gateway.ground.desk.action import Change
from gateway.ground.desk.port import At, Transaction
from gateway.ground.desk.refusal import refused
from gateway.reveals.count import count_view
from gateway.search.administration import SQL, Found, FoundCode
from gateway.search.rules import Match, Matched, is_only_a_code, kinds_of, number_of

SEARCH_CODES: Final = "codes:search"
CHAIN: Final = -1  # of views that belong to no worker
# What somebody needs to be shown a match.
READS: Final[Mapping[str, str]] = {
    "order": "orders:read", "attempt": "attempts:read", "webhook": "webhooks:read",
    "case": "cases:read",
    "key": "keys:read", "batch": "codes:read", "pool": "pools:read", "operator": "operators:read",
    "change": "changes:read", "partner": "partners:read", "sku": "skus:read",
    "upstream": "upstreams:read", "campaign": "campaigns:read", "channel": "channels:read",
}  # fmt: skip
Look = Callable[[Transaction, Any], Awaitable[Sequence[Found]]]
BY_NUMBER: Final[Mapping[Matched, Look]] = {
    Matched.ORDER_NO: SQL.order_by_no.all,
    Matched.ATTEMPT_NO: SQL.attempt_by_no.all,
    Matched.WEBHOOK_ID: SQL.webhook_by_id.all,
    Matched.CASE_NO: SQL.case_by_no.all,
    Matched.BATCH: SQL.batch_by_id.all,
}
BY_TEXT: Final[Mapping[Matched, Look]] = {
    Matched.OUT_ORDER_NO: SQL.order_by_out_no.all,
    Matched.UPSTREAM_NO: SQL.attempt_by_upstream_no.all,
    Matched.RECIPIENT: SQL.order_by_recipient.all,
    Matched.OUT_CASE_NO: SQL.case_by_out_no.all,
    Matched.KEY_ID: SQL.key_by_id.all,
    Matched.OPERATOR: SQL.operator_by_name.all,
    Matched.TOKEN_ID: SQL.token_by_id.all,
    Matched.TRACE_ID: SQL.change_by_trace.all,
    Matched.NAME: SQL.by_name.all,
}


async def search(at: At, text: str, change: Change) -> Sequence[Match]:
    """What has the text, orders first.

    Who may not search codes is told what else has it, maybe nothing; refused is what can be
    nothing but a code. Refused, too, where nothing else has it: whoever is frozen, and the 21st
    search or view within an hour, which freezes whoever asks.
    """
    text = text.strip()
    kinds = kinds_of(text)
    found: list[Match] = []
    for kind in kinds:
        found += await _look(at, kind, text)
    shown = _readable(found, change)
    if change.permissions is None or SEARCH_CODES not in change.permissions:
        if is_only_a_code(kinds):
            raise refused("not-permitted", "codes-unseen", permission=SEARCH_CODES)
    elif Matched.CODE in kinds:
        shown += _readable(await _codes(at, text, change, alone=not shown), change)
    return sorted(shown, key=lambda match: match.noun != "order")


def _readable(found: Sequence[Match], change: Change) -> list[Match]:
    may = change.permissions
    return [one for one in found if may is None or READS[one.noun] in may]


async def _look(at: At, kind: Matched, text: str) -> Sequence[Match]:
    if kind is Matched.CODE:
        return ()
    if kind in BY_NUMBER:
        number = number_of(text)
        rows = [] if number is None else await BY_NUMBER[kind](at.db, number)
    else:
        rows = await BY_TEXT[kind](at.db, text)
    return [Match(**row, matched=kind) for row in rows]


async def _codes(at: At, text: str, change: Change, *, alone: bool) -> Sequence[Match]:
    """`alone`: nothing else that one may see has the text, so it is a code or nothing."""
    if not alone and await SQL.is_frozen.one(at.db, change.actor):
        return ()
    if alone:  # before the look: one too many learns nothing
        await count_view(at.db, change.actor, SEARCH_CODES)
    known = _fingerprints(at, text)
    rows = await SQL.code_by_fingerprint.all(at.db, list(dict.fromkeys(known.values())))
    here = [row for row in rows if known[_rule(row)] == row["fingerprint"]]
    if here and not alone:
        await count_view(at.db, change.actor, SEARCH_CODES)
    if here or alone:
        seen = [_seen(row, change) for row in here] or [_seen(None, change)]
        await SQL.record_view.run(at.db, CHAIN, json.dumps(seen))
    return [match for row in here for match in _where(row)]


def _fingerprints(at: At, text: str) -> Mapping[tuple[bool, bool], UUID]:
    """By the rule of a pool (without case, without spaces) how it would know the code."""
    texts = {
        (case, spaces): spelling(text, ignore_case=case, ignore_spaces=spaces)
        for case in (False, True)
        for spaces in (False, True)
    }
    packed = at.secrecy.keys.fingerprints(list(texts.values()))
    cut = [UUID(bytes=packed[n : n + 16]) for n in range(0, len(packed), 16)]
    return dict(zip(texts, cut, strict=True))


def _rule(row: FoundCode) -> tuple[bool, bool]:
    return row["case_insensitive"], row["ignore_spaces"]


def _seen(row: FoundCode | None, change: Change) -> Mapping[str, Any]:
    """What the log of views has of it: never the code. None: nothing was found."""
    how = {name: change.how[name] for name in ("token", "session") if name in change.how}
    who = {"operator": change.actor, "via": "search", **how}
    if row is None:
        return {"found": False, **who}
    return {
        "order": row["order_no"], "pool": row["pool"], "seq": row["seq"], "batch": row["batch"],
        **who,
    }  # fmt: skip


def _where(row: FoundCode) -> Sequence[Match]:
    number = "" if row["seq"] is None else f", number {row['seq']}"
    label = f"a code of the pool {row['pool']}{number}"
    nouns = [("order", row["order_no"])] if row["order_no"] is not None else []
    nouns += [("batch", row["batch"]), ("pool", row["pool"])]
    return [Match(noun=noun, name=name, label=label, matched=Matched.CODE) for noun, name in nouns]
