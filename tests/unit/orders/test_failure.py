"""What partners are told of a failure: one of nine codes and a sentence of ours, nothing else."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contract import AnswerKind, Reason
from gateway.ground.http.openapi import document
from gateway.orders.failure import DETAILS, OF_KEPT, FailureCode, failure_of
from gateway.orders.rules import OrderState
from gateway.routes import SPOKEN

# api.md, Orders: "`code` one of …".
DOCUMENTED = {
    "rejected", "invalid-account", "product-unavailable", "price-changed", "cancelled", "reversed",
    "not-sent", "partly-delivered", "other",
}  # fmt: skip


def kept(code: str, detail: str = "账户余额不足") -> str:
    """A failure as the database has it, with an upstream's words."""
    return orjson.dumps({"code": code, "detail": detail}).decode()


def test_the_codes_are_the_documented_ones() -> None:
    """The enum is api.md's list, no more and no less, and each has its sentence."""
    assert {code.value for code in FailureCode} == DOCUMENTED
    assert set(DETAILS) == set(FailureCode)


def test_every_code_can_come_and_no_other() -> None:
    """Over all states, reasons and words that we write, exactly the documented codes come out."""
    words = {
        *OF_KEPT,
        *map(str, Reason),
        *map(str, AnswerKind),
        "reconciled",
        "code-sold-again",
        "",
    }
    told = {failure_of(state, kept(word)) for state in OrderState for word in words}
    assert {each.code for each in told if each is not None} == set(FailureCode)


@pytest.mark.parametrize(
    ("state", "word", "code"),
    [
        ("failed", "invalid-account", "invalid-account"),
        ("failed", "product-unavailable", "product-unavailable"),
        ("failed", "price-changed", "price-changed"),
        ("failed", "cancelled", "cancelled"),
        ("failed", "not-sent", "not-sent"),
        ("failed", "connection", "not-sent"),
        ("failed", "rate-limited", "not-sent"),
        # About our wallet and our keys nothing is told, not even by a code.
        ("failed", "insufficient-balance", "other"),
        ("failed", "credentials", "other"),
        ("failed", "resolved", "other"),
        # What older versions kept, and what upstreams call it.
        ("failed", "failed", "rejected"),
        ("failed", "invalid-request", "rejected"),
        ("failed", "reconciled", "rejected"),
        ("failed", "3001", "rejected"),
        ("failed", "DECLINED-INVALID-CREDIT-PARTY", "rejected"),
        ("partial", "3", "partly-delivered"),
        ("partial", "insufficient-balance", "partly-delivered"),
        ("reversed", "REFUNDED", "reversed"),
    ],
)
def test_what_each_word_becomes(state: str, word: str, code: str) -> None:
    """The word that is kept for operators, and what a partner is told."""
    told = failure_of(state, kept(word))
    assert told is not None
    assert (told.code, told.detail) == (code, DETAILS[FailureCode(code)])


@given(
    state=st.sampled_from(["failed", "partial", "reversed", "delivered", "processing"]),
    text=st.text() | st.builds(kept, st.text(), st.text()) | st.just("[]") | st.just('{"code":1}'),
)
def test_whatever_is_kept_a_listed_code_is_told(state: str, text: str) -> None:
    """Any row of any version, readable or not: a listed code and our own sentence."""
    told = failure_of(state, text)
    assert told is not None
    assert told.detail in DETAILS.values()
    assert failure_of(state, None) is None


def test_openapi_lists_the_same_codes() -> None:
    """What is generated from the document knows every code, and no other."""
    schemas = document(SPOKEN)["components"]["schemas"]
    assert set(schemas["FailureCode"]["enum"]) == DOCUMENTED
