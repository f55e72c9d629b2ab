"""A protocol file made ready: its templates parsed, its paths and names checked. Pure.

What is checked here and in `calls`, `places_of_answers` is what types cannot say: names that are
safe in a URL, a header and a form; placeholders that exist; a signature that is made of a secret
and does not sign itself.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from connectors.generic import protocol as words
from connectors.generic.calls import (
    ALWAYS,
    SHOWN,
    SIGNED,
    check_signing,
    headers_of,
    operations_of,
    recipe,
    shapes,
)
from connectors.generic.clock import Clock, ClockError, read_clock
from connectors.generic.parts import Compiled, Operation, placeholders
from connectors.generic.places import Misplaced
from connectors.generic.places_of_answers import queried, submitted, told
from connectors.generic.protocol import Protocol
from connectors.generic.signature import Recipe
from connectors.generic.template import Shape, Template

_NAME: Final = re.compile(r"[a-z][a-z0-9_\-]{0,39}").fullmatch


def compiled(protocol: Protocol) -> Compiled:
    """Check a protocol and make it ready; raises `Misplaced`."""
    _check_words(protocol)
    common = shapes(protocol.request.fields, ("request", "fields"), ALWAYS, protocol)
    headers = headers_of(protocol)
    operations = operations_of(protocol, common)
    sign = recipe(protocol.sign, ("sign",), SIGNED)
    news = protocol.callback
    callback_sign = sign
    if news is not None and news.sign is not None:
        callback_sign = recipe(news.sign, ("callback", "sign"), SIGNED | {"json"})
    check_signing(protocol, operations, headers, callback_sign)
    shown = {
        name: shapes(getattr(protocol.simulator, name), ("simulator", name), SHOWN, protocol)
        for name in ("submit", "query", "balance", "callback")
    }
    used = _settings(operations, headers, sign, callback_sign, shown)
    secret = {one for recipe in (sign, callback_sign) for one in _setting_names(recipe.names())}
    return Compiled(
        protocol=protocol,
        clock=_clock(protocol),
        operations=operations,
        headers=headers,
        sign=sign,
        callback_sign=callback_sign,
        submitted=submitted(protocol),
        queried=queried(protocol),
        told=told(protocol),
        shown=shown,
        settings=used,
        secret=frozenset(secret),
    )


# --- words ----------------------------------------------------------------------------------------


def _check_words(protocol: Protocol) -> None:
    if not _NAME(protocol.name):
        raise Misplaced(("name",), "a name is a-z, 0-9, _ and -, at most 40 of them")
    if not re.fullmatch("[A-Z]{3}", protocol.currency):
        raise Misplaced(("currency",), "a currency is three capital letters, as CNY")
    query, news, answer = protocol.query, protocol.callback, protocol.answer
    tables: list[tuple[tuple[str, ...], Mapping[str, str], tuple[str, ...]]] = [
        (("query", "states"), query.states, words.STATES),
        (("query", "code_states"), query.code_states, words.STATES),
        (("answer", "texts"), answer.texts, words.MEANINGS),
        (("answer", "reasons"), answer.reasons, words.REASONS),
        (("callback", "states"), (news and news.states) or {}, words.STATES),
    ]
    for keys, table, allowed in tables:
        for key, word in table.items():
            if word not in allowed:
                raise Misplaced((*keys, key), f"{word!r} is none of {', '.join(allowed)}")
    if not answer.ok and not query.ok:
        raise Misplaced(("answer", "ok"), "at least one code means success")
    _check_codes(protocol)


def _check_codes(protocol: Protocol) -> None:
    """A code has one meaning, and what is said twice is said wrongly once."""
    answer, seen = protocol.answer, dict[str, str]()
    for name in (
        "ok", "refused", "refused_upstream", "refused_if_absent", "throttled", "duplicate", "absent"
    ):  # fmt: skip
        for code in getattr(answer, name):
            if code in seen:
                raise Misplaced(("answer", name), f"{code!r} is in {seen[code]}, too")
            seen[code] = name
    if not protocol.query.states:
        raise Misplaced(("query", "states"), "no state is named")


def _clock(protocol: Protocol) -> Clock:
    try:
        return read_clock(protocol.request.time, protocol.request.zone)
    except ClockError as error:
        raise Misplaced(("request", error.key), str(error)) from None


def _settings(
    operations: Mapping[str, Operation],
    headers: Mapping[str, Template],
    sign: Recipe,
    callback_sign: Recipe,
    shown: Mapping[str, Mapping[str, Shape]],
) -> tuple[str, ...]:
    names = [one.name for each in headers.values() for one in each.placeholders]
    for fields in (*(one.shapes for one in operations.values()), *shown.values()):
        names += [one.name for one in placeholders(fields)]
    names += [*sorted(sign.names()), *sorted(callback_sign.names())]
    return tuple(dict.fromkeys(_setting_names(names)))


def _setting_names(names: Any) -> list[str]:
    return [name.removeprefix("set.") for name in names if name.startswith("set.")]
