"""Sealed codes, and what opens of them. Pure."""

import json
from typing import Any, Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from connectors.sdk.conformance.signing_cases import base64url

KID: Final = "qk_conformance"
KEY: Final = bytes(range(32))
OTHER: Final = bytes(range(1, 33))
QD: Final = f"qd_{base64url(KEY)}"
HEADER: Final = {"alg": "dir", "enc": "A256GCM", "kid": KID}
IV: Final = bytes(12)
PLAIN: Final[list[tuple[str, dict[str, Any]]]] = [
    ("a code", {"code": "AE-0001"}),
    ("a code and a pin", {"code": "AE-0001", "pin": "4711"}),
    ("a link", {"url": "https://example.com/r?x=1"}),
    ("a link with a code", {"code": "AE", "url": "https://example.com/"}),
    ("a code that expires", {"code": "AE", "expires_at": "2027-01-01T00:00:00Z"}),
    ("Chinese in a code", {"code": "券-001", "pin": "密码"}),
    ("a code beyond the first plane", {"code": "\U0001f381"}),
    ("members to come", {"code": "AE", "colour": "red", "more": {"a": [1, None]}}),
    ("members that are null", {"code": "AE", "pin": None, "url": None, "expires_at": None}),
    ("a long code", {"code": "x" * 4000}),
    ("a code with white space", {"code": " A B\t"}),
]


def seal(plain: bytes, *, header: Any = HEADER, key: bytes = KEY, iv: bytes = IV) -> str:
    """A JWE compact, sealed by hand."""
    head = base64url(header if isinstance(header, bytes) else json.dumps(header).encode())
    sealed = AESGCM(key).encrypt(iv, plain, head.encode())
    return ".".join([head, "", *map(base64url, (iv, sealed[:-16], sealed[-16:]))])


def changed(jwe: str, place: int) -> str:
    """The same with one letter of a part changed."""
    parts = jwe.split(".")
    parts[place] = ("B" if parts[place][:1] != "B" else "C") + parts[place][1:]
    return ".".join(parts)


def broken() -> dict[str, str]:
    """What does not open, and why."""
    code = b'{"code":"AE-0001"}'
    good = seal(code)
    parts = good.split(".")
    return {
        "sealed with another key": seal(code, key=OTHER),
        "of another key id": seal(code, header={**HEADER, "kid": "qk_other"}),
        "without a key id": seal(code, header={"alg": "dir", "enc": "A256GCM"}),
        "another algorithm": seal(code, header={**HEADER, "alg": "A256KW"}),
        "no algorithm": seal(code, header={**HEADER, "alg": "none"}),
        "another encryption": seal(code, header={**HEADER, "enc": "A128GCM"}),
        "a critical extension": seal(code, header={**HEADER, "crit": ["exp"]}),
        "an empty critical extension": seal(code, header={**HEADER, "crit": []}),
        "compressed": seal(code, header={**HEADER, "zip": "DEF"}),
        "a header that is a list": seal(code, header=[]),
        "a header that is no JSON": seal(code, header=b"{alg"),
        "a changed header": changed(good, 0),
        "a changed nonce": changed(good, 2),
        "a changed code": changed(good, 3),
        "a changed tag": changed(good, 4),
        "an encrypted key": ".".join([parts[0], "AAAA", *parts[2:]]),
        "four parts": ".".join(parts[:4]),
        "six parts": f"{good}.AAAA",
        "empty": "",
        "no letters of base64url": good.replace(parts[3], "***"),
        "a short tag": ".".join([*parts[:4], parts[4][:16]]),
        "a long nonce": seal(code, iv=bytes(16)),
        "no JSON in it": seal(b"AE-0001"),
        "a list in it": seal(b'["AE-0001"]'),
        "neither code nor link in it": seal(b'{"pin":"4711"}'),
        "a number as code": seal(b'{"code":4711}'),
    }


def cases() -> list[dict[str, Any]]:
    """All; `keys` are the delivery keys that the client was given."""
    keys = {KID: QD}
    made: list[dict[str, Any]] = [
        {
            "name": name,
            "keys": keys,
            "jwe": seal(json.dumps(plain).encode()),
            "opens": {each: plain.get(each) for each in ("code", "pin", "url", "expires_at")},
        }
        for name, plain in PLAIN
    ]
    opened = {"code": "AE-0001", "pin": None, "url": None, "expires_at": None}
    two = {KID: QD, "qk_old": f"qd_{base64url(OTHER)}"}
    old = seal(b'{"code":"AE-0001"}', header={**HEADER, "kid": "qk_old"}, key=OTHER)
    made += [
        {"name": "during a rotation, of the new key", "keys": two,
         "jwe": seal(b'{"code":"AE-0001"}'), "opens": opened},
        {"name": "during a rotation, of the old key", "keys": two, "jwe": old, "opens": opened},
        {"name": "a header with members to come", "keys": keys,
         "jwe": seal(b'{"code":"AE-0001"}', header={**HEADER, "typ": "x"}), "opens": opened},
        {"name": "no delivery key is known", "keys": {}, "jwe": seal(b'{"code":"AE-0001"}'),
         "error": "invalid-code"},
    ]  # fmt: skip
    made += [
        {"name": name, "keys": keys, "jwe": jwe, "error": "invalid-code"}
        for name, jwe in broken().items()
    ]
    return made
