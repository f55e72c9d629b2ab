"""What a pass says, and everything that can be wrong with it."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from gateway.campaigns.passes import LIFE_S_MAX, Pass, make_pass, number_of

# The secret of the API's own vector.
SECRET = base64.urlsafe_b64decode("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")
VECTOR = (
    "v1.eyJjYW1wYWlnbiI6ICIxMTExIiwgImJ1eWVyIjogInUxIiwgIm51bWJlciI6IDcsICJleHAiOiAxNzY3MjI1NjAwfQ"
    ".7a9f87b9c3b429790d727e32ba03f47a3667478fcd8bffc5e309cd79fcd3fd8b"
)
EXP = 1_767_225_600


def sign(text: str) -> str:
    """As a front does."""
    return hmac.new(SECRET, text.encode(), hashlib.sha256).hexdigest()


def verify(key_id: str, text: str, mac: str) -> bool:
    """Only the second key's secret signed it."""
    return key_id == "qk_2" and hmac.compare_digest(sign(text), mac)


def judged(text: str, **other: Any) -> int | None:
    """Of an order of u1 in campaign 1111, ten seconds before the vector's pass runs out."""
    given: dict[str, Any] = {
        "campaign": "1111", "buyer_id": "u1", "now_s": EXP - 10.0, "keys": ("qk_1", "qk_2"),
        "verify": verify,
    }  # fmt: skip
    return number_of(text, **{**given, **other})


def written(document: object, *, raw: bytes | None = None, padding: str = "") -> str:
    """A pass with the right HMAC, whatever it says."""
    content = json.dumps(document).encode() if raw is None else raw
    payload = base64.urlsafe_b64encode(content).decode().rstrip("=") + padding
    return f"v1.{payload}.{sign(f'v1.{payload}')}"


SAID = {"campaign": "1111", "buyer": "u1", "number": 7, "exp": EXP}


def test_the_contracts_vector() -> None:
    """Blanks and all: the HMAC is over the text, with any living key of the partner."""
    assert judged(VECTOR) == 7
    assert written(SAID) == VECTOR
    assert judged(VECTOR, keys=("qk_1",)) is None
    assert judged(VECTOR, keys=()) is None


def test_a_pass_of_ours_is_one() -> None:
    """What we issue is what we accept."""
    made = make_pass(Pass(campaign="1111", buyer="u1", number=2**62, exp=EXP), sign)
    assert judged(made) == 2**62


@pytest.mark.parametrize(
    "wrong",
    [
        {"campaign": "other"}, {"buyer_id": "u2"}, {"buyer_id": None}, {"buyer_id": "U1"},
        {"now_s": EXP}, {"now_s": EXP + 1.0}, {"now_s": EXP - LIFE_S_MAX - 1.0},
    ],
)  # fmt: skip
def test_a_pass_for_somebody_or_some_time_else(wrong: dict[str, Any]) -> None:
    """Another campaign, another buyer, run out, or good for longer than a pass may be.

    Seen red without each of the comparisons.
    """
    assert judged(VECTOR, now_s=EXP - LIFE_S_MAX) == 7
    assert judged(VECTOR, **wrong) is None


@pytest.mark.parametrize(
    "text",
    [
        "", "v1", "v1..", VECTOR[3:], VECTOR.upper(), VECTOR + "0", VECTOR[:-1], VECTOR + "\n",
        " " + VECTOR, "v2" + VECTOR[2:], VECTOR.replace(".7a", ".7b"),
        VECTOR.replace("InUx", "InUy"),
        written(SAID, padding="="), written(SAID, raw=b"{"), written(SAID, raw=b"\xff"),
        written([SAID]), written(None), written({**SAID, "number": 0}),
        written({**SAID, "number": "7"}),
        written({**SAID, "number": 7.5}), written({**SAID, "number": True}),
        written({**SAID, "number": 2**63}), written({**SAID, "exp": str(EXP)}),
        written({**SAID, "more": 1}), written({"campaign": "1111", "buyer": "u1", "number": 7}),
        "v1." + "A" * 5 + "." + sign("v1." + "A" * 5), "v1.é.ü", "\ud800",
    ],
)  # fmt: skip
def test_what_is_no_pass(text: str) -> None:
    """Anything else is none, and never an error of ours.

    Seen red with members that were not checked: number 0 and a text were taken.
    """
    assert judged(text) is None
