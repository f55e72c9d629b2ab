"""Passes of a waiting room: who has one may order in a campaign. Pure.

`v1.<payload>.<hmac>`: the payload says which buyer has which number of which campaign, and until
when; the HMAC is with the secret of a key of the partner, so the partner's own front may issue
passes as well as we. They are judged without asking anybody; that each is used once is for the
commit (see routines_passes.sql).
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterable
from typing import Annotated, Final

import msgspec

LIFE_S_MAX: Final = 300  # a pass runs out no later than that from now
NUMBER_MAX: Final = 2**63 - 1
HEADER: Final = "X-Quangate-Pass"
_FORM: Final = re.compile(r"(v1\.([A-Za-z0-9_-]{1,4096}))\.([0-9a-f]{64})\Z").match


class Pass(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """What a pass says; `exp` in Unix seconds."""

    campaign: str
    buyer: str
    number: Annotated[int, msgspec.Meta(ge=1, le=NUMBER_MAX)]
    exp: int


class UsedPass(msgspec.Struct, frozen=True, gc=False):
    """What an order uses up: a number of the waiting room of a campaign."""

    room_id: int
    number: int


_DECODER: Final = msgspec.json.Decoder(Pass)


def number_of(
    text: str,
    *,
    campaign: str,
    buyer_id: str | None,
    now_s: float,
    keys: Iterable[str],
    verify: Callable[[str, str, str], bool],
) -> int | None:
    """The number of a pass for this campaign and buyer; None: something is wrong with it.

    `keys`: the living keys of the partner that orders; `verify` (key, text, hmac) knows their
    secrets.
    """
    form = _FORM(text)
    if form is None:
        return None
    signed, payload, mac = form.groups()
    said = _read(payload)
    if (
        said is None
        or said.campaign != campaign
        or said.buyer != buyer_id
        or not now_s < said.exp <= now_s + LIFE_S_MAX
    ):
        return None
    return said.number if any(verify(key_id, signed, mac) for key_id in keys) else None


def _read(payload: str) -> Pass | None:
    try:
        return _DECODER.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (binascii.Error, ValueError, msgspec.DecodeError):
        return None


def make_pass(said: Pass, sign: Callable[[str], str]) -> str:
    """The text of a pass; `sign` makes the HMAC of a text."""
    payload = base64.urlsafe_b64encode(msgspec.json.encode(said)).decode().rstrip("=")
    signed = f"v1.{payload}"
    return f"{signed}.{sign(signed)}"
