"""Secrets, settings, loose reading and status answers: the small values connectors are made of."""

import pickle
from dataclasses import dataclass
from decimal import Decimal

import pytest

from connectors import registry
from connectors.answer import retry_after_s, throttled_submit
from connectors.contract import AnswerKind, DeliveredCode, Reason
from connectors.exchange import HttpResponse, ProtocolError
from connectors.loose import (
    as_decimal,
    as_int,
    as_objects,
    as_text,
    read_json,
    short_yuan,
    to_minor,
    yuan,
)
from connectors.secret import Secret
from connectors.settings import SettingsError, load_settings

CANARY = "canary-7f3a"


def test_a_secret_is_shown_nowhere() -> None:
    """No way of writing a secret or a code down shows its text."""
    code = DeliveredCode(code=Secret(CANARY), pin=Secret(CANARY))
    shown = f"{Secret(CANARY)!r} {Secret(CANARY)} {Secret(CANARY):>40} {code!r} {[code]}"
    assert CANARY not in shown
    assert Secret(CANARY).reveal() == CANARY
    with pytest.raises(TypeError):
        pickle.dumps(Secret(CANARY))


def test_equal_secrets_are_equal() -> None:
    """Secrets compare by value, so that results can be compared in tests and replays."""
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert len({Secret("a"), Secret("a")}) == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Settings of every kind."""

    key: str
    secret: Secret
    tries: int = 3
    wait_s: float = 0.5
    strict: bool = False


def test_settings_are_read_by_type() -> None:
    """Every kind of field is read from text, and the rest keep their defaults."""
    values = {"key": "k", "secret": CANARY, "tries": "5", "strict": "yes"}
    example = load_settings(Example, values)
    assert example == Example(key="k", secret=Secret(CANARY), tries=5, strict=True)
    assert CANARY not in repr(example)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"key": "k", "secret": "s", "scret": "x"}, ("unknown setting scret", "required: key")),
        ({"key": "k"}, ("missing setting secret", "optional: tries")),
        ({"key": "k", "secret": ""}, ("secret is empty",)),
        ({"key": "k", "secret": "s", "tries": CANARY}, ("tries is not a valid int",)),
        ({"key": "k", "secret": "s", "strict": CANARY}, ("strict is not a valid bool",)),
    ],
)
def test_wrong_settings_say_what_is_valid(values: dict[str, str], words: tuple[str, ...]) -> None:
    """The error names the setting and the valid names, and never repeats a value."""
    with pytest.raises(SettingsError) as caught:
        load_settings(Example, values)
    assert all(word in str(caught.value) for word in words)
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("name", registry.names())
def test_every_connector_lists_its_settings(name: str) -> None:
    """A connector made without settings says which ones it needs."""
    with pytest.raises(SettingsError, match="required"):
        registry.create(name, "http://127.0.0.1:9", {})
    assert registry.settings_help(name).startswith("required: ")


def test_unknown_connector_lists_the_known_ones() -> None:
    """A wrong name is answered with the right ones."""
    with pytest.raises(SettingsError, match="fulu"):
        registry.create("fulo", "http://127.0.0.1:9", {})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("9.8", 980),
        ("9.80", 980),
        (Decimal("9.8"), 980),
        (10, 1000),
        (" 1.005 ", 101),  # half up, exactly: no binary fraction is involved
        ("-3", -300),
        ("", None),
        ("1e999999", None),  # would be a number with a million digits
        ("NaN", None),
        (True, None),
        (None, None),
        (["1"], None),
    ],
)
def test_yuan_become_fen_exactly(value: object, expected: int | None) -> None:
    """Amounts are read from texts and JSON numbers without a float in between."""
    assert to_minor(value) == expected


def test_currencies_without_hundredths() -> None:
    """Yen have no minor unit and dinars have three digits."""
    assert to_minor("120", "JPY") == 120
    assert to_minor("1.234", "kwd") == 1234


def test_fen_are_written_as_the_platforms_write_them() -> None:
    """Two decimals, or none to spare."""
    assert (yuan(220), yuan(5), short_yuan(10000), short_yuan(9850)) == (
        "2.20",
        "0.05",
        "100",
        "98.5",
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"\xff\xfe",
        b'{"a": NaN}',
        b'{"a": 1',
        b"[" * 100_000,
        b'{"a": ' + b"9" * 10_000 + b"}",  # more digits than an int may be read with
    ],
)
def test_what_is_not_json_is_a_protocol_error(body: bytes) -> None:
    """Every unreadable answer is the same kind of error, and none of them a crash."""
    with pytest.raises(ProtocolError):
        read_json(body)


def test_fractions_are_read_exactly() -> None:
    """0.1 stays 0.1, and a BOM is ignored."""
    assert read_json(b'\xef\xbb\xbf{"p": 0.1}') == {"p": Decimal("0.1")}


NOTICE = b"\nNotice: Undefined index: a{b in /srv/api.php on line 7\n"
HTML_NOTICE = b"<br />\n<b>Warning</b>:  x() in <b>/srv/a.php</b> on line <b>12</b><br />\n"


@pytest.mark.parametrize(
    "before",
    [
        b"\xef\xbb\xbf" * 2,
        b"\xef\xbb\xbf\r\n\xef\xbb\xbf ",
        NOTICE,
        NOTICE * 3,
        HTML_NOTICE + NOTICE,
        b"PHP Deprecated:  x in y on line 3\n",
        b"\xef\xbb\xbf" + HTML_NOTICE,
    ],
)
def test_what_php_puts_before_an_answer_is_passed_over(before: bytes) -> None:
    """Several BOMs, notices as text and as HTML: what follows is the whole answer."""
    assert read_json(before + b'{"p": 0.1, "q": [1]}') == {"p": Decimal("0.1"), "q": [1]}
    with pytest.raises(ProtocolError):
        read_json(before + b'{"p": 1} and more')


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"<html>{}</html>", "HTML"),
        (b'{"code": 0', "cut off"),
        (b'{"code": 0}<!-- 3 ms -->', "followed"),
        (b'debug: canary-7261 {"code": 0}', "before it"),
        (b"canary-7261", "text"),
        (b"\xff\xfe{", "UTF-8"),
        (NOTICE * 2_000, "before it"),
        (NOTICE + b" " * 50_000, "before it"),
        (b"Fatal error: x in y on line 3\n" + b'{"code": 0}', "before it"),
    ],
)
def test_what_it_is_instead_is_said(body: bytes, words: str) -> None:
    """An operator reads why an answer was not understood; the answer itself is never quoted."""
    with pytest.raises(ProtocolError, match=words) as caught:
        read_json(body)
    assert "canary" not in str(caught.value)


def test_loose_values() -> None:
    """Numbers as text and text as numbers are read; anything else is None."""
    assert (as_text(5), as_text("x"), as_text(""), as_text(None), as_text(True)) == (
        "5",
        "x",
        None,
        None,
        None,
    )
    assert (as_int("3"), as_int(Decimal("3.0")), as_int("3.5"), as_int("x")) == (3, 3, None, None)
    assert as_decimal("∞") is None
    assert (as_objects({"a": 1}), as_objects([1, {"a": 1}]), as_objects("x")) == (
        [{"a": 1}],
        [{"a": 1}],
        [],
    )


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("7", 7.0),
        ("99999999", 3600.0),  # bounded: a longer wait is the operator's matter
        ("Thu, 01 Jan 2026 00:00:30 GMT", 30.0),
        ("Wed, 31 Dec 2025 00:00:00 GMT", 0.0),  # past
        ("soon", None),
        ("-5", None),
        ("", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_date(header: str, expected: float | None) -> None:
    """Both forms of Retry-After are honoured, and neither can stall us for a day."""
    assert retry_after_s({"retry-after": header}, now=1767225600.0) == expected


def test_only_429_is_refused_unread() -> None:
    """429 is NOT_SENT with its wait; a 503 proves nothing and is left to the connector."""
    outcome = throttled_submit(HttpResponse(status=429, headers={"retry-after": "2"}), now=0.0)
    assert outcome is not None
    assert (outcome.kind, outcome.reason, outcome.retry_after_s) == (
        AnswerKind.NOT_SENT,
        Reason.RATE_LIMITED,
        2.0,
    )
    assert throttled_submit(HttpResponse(status=503), now=0.0) is None
