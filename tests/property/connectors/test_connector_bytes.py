"""The fast writers and readers of connectors, against the standard library's: byte for byte.

What goes over the wire is signed, so a spelling of their own would be refused, or worse.
"""

import hashlib
import json
import math
from decimal import Decimal
from typing import Any, NoReturn
from urllib.parse import urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.exchange import ProtocolError
from connectors.loose import read_json
from connectors.secret import Secret
from connectors.signing import compact_json, form_text, sorted_characters_md5

TEXTS = st.text(st.characters(codec="utf-8")) | st.text(
    "az09-_.~ /%&=+é福<\x00\x1f\x7f", max_size=9
)
NUMBERS = (
    st.integers()
    | st.floats(allow_nan=False, allow_infinity=False).map(lambda one: Decimal(repr(one)))
    | st.decimals(-(10**15), 10**15, places=2)
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=12,
)


def as_float(value: Decimal) -> float:
    """How connectors write a Decimal."""
    return float(value)


@given(VALUES)
@example(Decimal("1e16"))  # spelled 1e+16 here, 1e16 elsewhere
@example(Decimal("0.00001"))
@example(2**64)
@example("\ud800")
def test_json_is_written_as_the_standard_library_does(value: Any) -> None:
    """Compact, nothing escaped that need not be, and numbers spelled alike."""
    expected = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=as_float)
    assert compact_json(value) == expected


@given(VALUES)
@example(-(2**64))
def test_json_is_read_as_the_standard_library_does(value: Any) -> None:
    """The same values of the same types; fractions are exact."""
    body = json.dumps(value, default=as_float)
    expected = json.loads(body, parse_float=Decimal)
    assert repr(read_json(body.encode())) == repr(expected)
    assert repr(read_json(b"\xef\xbb\xbf" + body.encode())) == repr(expected)


def test_half_a_character_is_read_as_a_lost_one() -> None:
    """In names, values and depths; a pair is a character."""
    body = rb'{"a\ud83d": ["\ud83dx\ude00", {"b": "\ud83d\ude00"}, 1.10]}'
    assert read_json(body) == {"a\ufffd": ["\ufffdx\ufffd", {"b": "😀"}, Decimal("1.10")]}


@pytest.mark.parametrize("beyond", ["1e309", "-1e999", "1e999999999999", "[" * 101 + "]" * 101])
def test_what_cannot_be_written_again_is_refused(beyond: str) -> None:
    """Signatures are over what was read; a number beyond every double and depths beyond reason
    ended in an error of ours. Seen red: ValueError of the writer, RecursionError.
    """
    with pytest.raises(ProtocolError):
        read_json(b'{"a": {"b": [%s]}}' % beyond.encode())
    assert read_json(b"[" * 100 + b"]" * 100)
    assert read_json(b"[1.7e308, 0e0, 1e-999]")[0] == Decimal("1.7e308")


@given(st.binary(max_size=12) | st.text('[]{}",:0.1e-n\ntru\\u', max_size=12).map(str.encode))
def test_what_is_no_json_is_refused(body: bytes) -> None:
    """Neither more nor less is taken than by a strict reader; nothing but ProtocolError."""

    def refuse(name: str) -> NoReturn:
        raise ValueError(name)

    def bounded(number: str) -> Decimal:
        return refuse(number) if math.isinf(float(number)) else Decimal(number)

    try:
        text = body.decode("utf-8-sig")
        expected = json.loads(text, parse_float=bounded, parse_constant=refuse)
    except (ValueError, ArithmeticError):
        expected = ProtocolError
    try:
        found = read_json(body)
    except ProtocolError:
        found = ProtocolError
    assert repr(found) == repr(expected)


@given(st.dictionaries(TEXTS, TEXTS))
def test_forms_are_written_as_the_standard_library_does(fields: dict[str, str]) -> None:
    """Blanks as +, what must be encoded encoded, the rest as it is."""
    assert form_text(fields) == urlencode(fields)


@given(TEXTS)
def test_characters_are_sorted_by_code_point(text: str) -> None:
    """Controls before ASCII before the rest, each as often as it occurs."""
    expected = hashlib.md5(("".join(sorted(text)) + "key").encode()).hexdigest()
    assert sorted_characters_md5(text, Secret("key")) == expected
