"""The platforms' own signature recipes. Pure functions of bytes and text; no platform's fields.

MD5, SHA-1 and ECB are what these platforms demand; nothing of ours rests on them. Golden vectors:
tests/unit/connectors/test_connectors_signing.py.
"""

import base64
import binascii
import hashlib
import hmac
import json
import math
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote_plus

import orjson
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from connectors.secret import Secret


def same(left: str, right: str) -> bool:
    """Compare two signatures in constant time; anything that is not ASCII is just unequal."""
    return hmac.compare_digest(left.encode("utf-8", "replace"), right.encode("utf-8", "replace"))


def _as_float(value: Any) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(type(value).__name__)


def _as_written_float(value: Any) -> orjson.Fragment:
    number = _as_float(value)
    if not math.isfinite(number):
        raise TypeError("not a number of JSON")
    return orjson.Fragment(repr(number))  # orjson spells exponents in a way of its own


# Made once: json.dumps makes a new encoder for every call that has options.
_ENCODER: Final = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_as_float
)


def compact_json(value: Any) -> str:
    """Write JSON without spaces and without escaping `/` or non-ASCII text. A Decimal, as
    `loose.read_json` makes them, is written as the nearest float.
    """
    try:
        return orjson.dumps(value, default=_as_written_float).decode()
    except TypeError:
        # Integers beyond 64 bits and lone surrogates, which orjson does not write.
        return _ENCODER.encode(value)


def md5_hex(text: str) -> str:
    """Lower-case hex MD5 of UTF-8 text."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def sha1_hex(text: str) -> str:
    """Lower-case hex SHA-1 of UTF-8 text."""
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def sorted_characters_md5(text: str, secret: Secret) -> str:
    """Fulu: md5 of the text's characters in code-point order, then the secret.

    Any permutation of the text has the same sign, so it authenticates nothing by itself.
    """
    return md5_hex(_sorted_characters(text) + secret.reveal())


_PRINTABLE_ASCII: Final = tuple(map(chr, range(0x20, 0x7F)))
_CONTROLS: Final = "".join(map(chr, range(0x20)))
_OTHERS: Final = re.compile(r"[^\x20-\x7e]+")


def _sorted_characters(text: str) -> str:
    # Counting beats sorting: an answer of 600 characters has 60 different ones, nearly all of
    # them printable ASCII, whose order is known.
    common = "".join([one * text.count(one) for one in _PRINTABLE_ASCII if one in text])
    if len(common) == len(text):
        return common
    others = "".join(sorted("".join(_OTHERS.findall(text))))
    before = len(others) - len(others.lstrip(_CONTROLS))
    return others[:before] + common + others[before:]


def timestamped_sha1(timestamp: str, text: str, key: Secret) -> str:
    """Kasushou: sha1 of timestamp, body and key, joined."""
    return sha1_hex(timestamp + text + key.reveal())


def sorted_form_md5(fields: Mapping[str, str] | Iterable[tuple[str, str]], key: Secret) -> str:
    """Dayuanren: upper-case md5 of all fields but `sign`, sorted by name, `k=v` joined by `&`
    (values decoded, empty ones included), then `&apikey=KEY`.
    """
    pairs = fields.items() if isinstance(fields, Mapping) else fields
    text = "&".join(f"{name}={value}" for name, value in sorted(pairs) if name != "sign")
    return md5_hex(f"{text}&apikey={key.reveal()}").upper()


_NEEDS_NO_ENCODING: Final = re.compile(r"[A-Za-z0-9_.~-]*").fullmatch


def form_text(fields: Mapping[str, str]) -> str:
    """An url-encoded form, as `urllib.parse.urlencode` writes it, which is slower for the plain
    words that most values are.
    """
    return "&".join([f"{_encoded(name)}={_encoded(value)}" for name, value in fields.items()])


def _encoded(text: str) -> str:
    return text if _NEEDS_NO_ENCODING(text) else quote_plus(text)


def hmac_sha256_hex(message: bytes, secret: Secret) -> str:
    """Lower-case hex HMAC-SHA-256."""
    return hmac.new(secret.reveal().encode(), message, hashlib.sha256).hexdigest()


class CardUnreadable(ValueError):  # noqa: N818 — says what happened
    """A card's ciphertext does not open under this key; the text of it is never in the message."""


def open_card_aes_ecb(ciphertext_base64: str, key: Secret) -> str:
    """Fulu: base64, AES-256-ECB, PKCS#7; the key is the 32-byte secret itself."""
    try:
        ciphertext = base64.b64decode(ciphertext_base64, validate=True)
        decryptor = _card_cipher(key).decryptor()
        padded = decryptor.update(ciphertext) + decryptor.finalize()
        unpadder = PKCS7(128).unpadder()
        return (unpadder.update(padded) + unpadder.finalize()).decode()
    except (ValueError, binascii.Error):
        raise CardUnreadable("the card does not open under this key") from None


def seal_card_aes_ecb(plaintext: str, key: Secret) -> str:
    """The inverse of `open_card_aes_ecb`, for the simulator."""
    padder = PKCS7(128).padder()
    padded = padder.update(plaintext.encode()) + padder.finalize()
    encryptor = _card_cipher(key).encryptor()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()


def _card_cipher(key: Secret) -> Cipher[modes.ECB]:
    # ECB is the platform's choice: each card is sealed on its own, under the account's secret.
    return Cipher(algorithms.AES(key.reveal().encode()), modes.ECB())  # noqa: S305
