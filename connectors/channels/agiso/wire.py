"""Agiso's words: settings, the two signatures. Pure.

Facts: upstreams.md §15; both recipes were verified there on published vectors.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from connectors.channels.call import Call
from connectors.secret import Secret
from connectors.signing import md5_hex, same

TIMESTAMP_WINDOW_S: Final = 600
FIELDS_MAX: Final = 50


class AgisoRefused(Exception):  # noqa: N818 — says what happened
    """A push is not taken; `status` is the HTTP answer's."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class AgisoSettings:
    """`--set` names: the application's secret, and the token that the merchant gave it."""

    app_secret: Secret
    access_token: Secret


def sign_push(settings: AgisoSettings, json_text: str, timestamp: str) -> str:
    """md5 of secret, `json` and the text as received, `timestamp` and its value, secret."""
    secret = settings.app_secret.reveal()
    return md5_hex(f"{secret}json{json_text}timestamp{timestamp}{secret}")


def sign_call(settings: AgisoSettings, fields: Mapping[str, str]) -> str:
    """md5 of secret, names and values sorted by name, secret."""
    secret = settings.app_secret.reveal()
    pairs = "".join(f"{name}{fields[name]}" for name in sorted(fields) if name != "sign")
    return md5_hex(f"{secret}{pairs}{secret}")


def read_push(settings: AgisoSettings, call: Call) -> tuple[str, int, str]:
    """Platform, kind of message and the text of a verified push. Raises AgisoRefused."""
    query = _fields(call.query)
    try:
        text = _fields(call.body.decode("utf-8")).get("json")
    except UnicodeDecodeError:
        raise AgisoRefused(400, "the form is not UTF-8") from None
    if text is None:
        raise AgisoRefused(400, "there is no json")
    timestamp, sign = query.get("timestamp", ""), query.get("sign", "").lower()
    if not re.fullmatch(r"\d{10}", timestamp, re.ASCII):
        raise AgisoRefused(401, "no timestamp in seconds")
    if not same(sign, sign_push(settings, text, timestamp)):
        raise AgisoRefused(401, "wrong sign")
    if abs(call.now - int(timestamp)) > TIMESTAMP_WINDOW_S:
        raise AgisoRefused(401, "old timestamp")
    aopic = query.get("aopic", "")
    if not re.fullmatch(r"\d{1,9}", aopic, re.ASCII):
        raise AgisoRefused(400, "no aopic")
    return query.get("fromPlatform", ""), int(aopic), text


def _fields(text: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS_MAX))
    except ValueError:
        raise AgisoRefused(400, "too many fields") from None
