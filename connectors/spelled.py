"""Callbacks read as they were written: what is signed is a number's spelling, not its value."""

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson

from connectors.exchange import ProtocolError
from connectors.loose import mended


class SpelledNumber(str):
    """A number of a callback as it was written: 2.20 must be signed as 2.20."""

    __slots__ = ()


_SPELLED: Final = json.JSONDecoder(parse_float=SpelledNumber, parse_int=SpelledNumber)
FIELDS_MAX: Final = 200


def read_spelled(body: bytes) -> dict[str, Any]:
    """A JSON object whose numbers are `SpelledNumber`s; raises `ProtocolError`."""
    try:
        text = body.decode("utf-8-sig")
        value = _SPELLED.decode(text)
        if "\\u" in text:
            value = mended(value)
    except (ValueError, RecursionError):
        raise ProtocolError("the callback is neither JSON nor a form") from None
    if not isinstance(value, dict):
        raise ProtocolError("the callback is not an object")
    return value


def read_form(body: bytes) -> dict[str, str]:
    """The fields of a form, empty ones included; raises `ProtocolError`."""
    try:
        text = body.decode()
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS_MAX, errors="strict")
    except ValueError:
        raise ProtocolError("not a form") from None
    return dict(pairs)


def canonical_texts(members: Mapping[str, Any]) -> tuple[str, ...]:
    """The JSON texts a callback's sign may have been made over: as PHP writes it (escaping `/`),
    plainly, and as Go writes it (escaping `<`, `>`, `&`). Raises `ProtocolError`.
    """
    plain = written({name: members[name] for name in sorted(members)})
    return php_json(plain), plain, go_json(plain)


def php_json(plain: str) -> str:
    r"""Compact JSON as PHP's `json_encode(x, 256)` writes it: `/` is `\/`."""
    return plain.replace("/", "\\/")


def go_json(plain: str) -> str:
    r"""Compact JSON as Go's encoding/json writes it: `<`, `>` and `&` are `\u003c` and so on."""
    return plain.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def written(value: Any) -> str:
    """Compact JSON of what `read_spelled` read, numbers as they came; raises `ProtocolError`."""
    try:
        return orjson.dumps(
            value, default=_as_spelled, option=orjson.OPT_PASSTHROUGH_SUBCLASS
        ).decode()
    except TypeError:
        raise ProtocolError("the callback is nested too deeply") from None


def _as_spelled(value: Any) -> orjson.Fragment:
    if isinstance(value, SpelledNumber):
        return orjson.Fragment(str(value))
    raise TypeError(type(value).__name__)
