"""Why a partner's signature is not right: which part differs, and what was signed instead.

A signature tells only whether it fits. So the strings that partners sign by mistake are made one
after the other, each with one part changed (or two), and the one that fits names the mistake.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, Final
from urllib.parse import quote, unquote

from gateway.partners.raw_request import RawRequest
from gateway.partners.refusal import RefusedRequest, string_to_sign

CLOCK_SKEW_S_MAX: Final = 300
PARTS: Final = ("timestamp", "nonce", "digest", "path", "method", "signature")
_ORIGIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*").match
_SIGNATURES: Final = re.compile(r"v1=[0-9a-f]{64}(?: +v1=[0-9a-f]{64})*").fullmatch

RAW: Final = "surrogateescape"  # targets are bytes: what is no UTF-8 stays what it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """The parts of a string to sign, and the header that is to fit it."""

    method: str
    target: str
    timestamp: str
    nonce: str
    body: bytes
    signature: str

    @property
    def text(self) -> str:
        """The string to sign."""
        digest = hashlib.sha256(self.body).hexdigest()
        return string_to_sign(self.method, self.target, self.timestamp, self.nonce, digest)


Verify = Callable[[Signed], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What was found about one part of a request."""

    part: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """`string_to_sign` is ours; `signed_instead` the one that the signature fits, if found."""

    genuine: bool
    string_to_sign: str
    signed_instead: str | None
    parts: Sequence[Part]

    @property
    def differs(self) -> list[str]:
        """The parts that are wrong."""
        return [part.part for part in self.parts if not part.ok]


def signed_of(request: RawRequest) -> Signed:
    """What a request signs, by its own headers."""
    origin = _ORIGIN(request.target)
    target = request.target if origin is None else request.target[origin.end() :]
    return Signed(
        method=request.method,
        target=target if target.startswith("/") else "/" + target,
        timestamp=request.headers.get("x-quangate-timestamp", ""),
        nonce=request.headers.get("x-quangate-nonce", ""),
        body=request.body,
        signature=request.headers.get("x-quangate-signature", ""),
    )


def diagnose(
    request: RawRequest, refused: Sequence[RefusedRequest], verify: Verify, now: float
) -> Diagnosis:
    """What is wrong with a request of a key. `refused` are those that arrived here: the same one
    among them (by nonce or signature) tells what was changed on the way, and when it came."""
    ours = signed_of(request)
    wrong = dict(_malformed(ours))
    if request.length_note is not None:
        wrong.setdefault("digest", request.length_note)
    arrived = _arrived(ours, refused)
    if "timestamp" not in wrong and (late := _late(ours, arrived.at if arrived else now)):
        wrong["timestamp"] = late
    genuine = verify(ours)
    instead = None if genuine else _signed_instead(ours, request, verify)
    if instead is not None:
        changes, fitting = instead
        wrong |= changes
        signed_instead = fitting.text
    else:
        signed_instead = None
        if not genuine:
            wrong.setdefault(
                "signature",
                "it fits no string that was tried: another secret, or one that was not decoded"
                " (the key is the bytes behind qs_ in base64url), or several parts differ",
            )
    if arrived is not None:
        wrong |= {k: v for k, v in _changed_on_the_way(ours, arrived).items() if k not in wrong}
    return Diagnosis(
        genuine=genuine,
        string_to_sign=ours.text,
        signed_instead=signed_instead,
        parts=[
            Part(part=part, ok=part not in wrong, detail=wrong.get(part, "as it has to be"))
            for part in PARTS
        ],
    )


def _malformed(ours: Signed) -> Iterator[tuple[str, str]]:
    """(part, why) of what can never be right."""
    if not re.fullmatch(r"[0-9]{1,12}", ours.timestamp):
        milliseconds = re.fullmatch(r"[0-9]{13}", ours.timestamp) is not None
        yield "timestamp", (
            "it is in milliseconds, not in Unix seconds" if milliseconds
            else "X-Quangate-Timestamp is missing" if not ours.timestamp
            else "it is not a number of Unix seconds"
        )  # fmt: skip
    if not re.fullmatch(r"[A-Za-z0-9_-]{16,64}", ours.nonce):
        yield "nonce", (
            "it is not 16 to 64 of A-Z a-z 0-9 _ -" if ours.nonce
            else "X-Quangate-Nonce is missing"
        )  # fmt: skip
    if not _SIGNATURES(ours.signature):
        yield "signature", (
            "it is not v1= and 64 lower-case hexadecimal digits" if ours.signature
            else "X-Quangate-Signature is missing"
        )  # fmt: skip


def _late(ours: Signed, at: float) -> str | None:
    skew_s = int(ours.timestamp) - at
    if abs(skew_s) <= CLOCK_SKEW_S_MAX:
        return None
    return f"it is {skew_s:+.0f} s from this clock when the request came; ±{CLOCK_SKEW_S_MAX} s is"


def _arrived(ours: Signed, refused: Sequence[RefusedRequest]) -> RefusedRequest | None:
    """The same request as it arrived here, if it is among the last refused ones."""
    for each in refused:
        if (ours.nonce and each.nonce == ours.nonce) or (
            ours.signature and each.signature == ours.signature
        ):
            return each
    return None


def _changed_on_the_way(ours: Signed, arrived: RefusedRequest) -> Mapping[str, str]:
    """(part → what came) where the request that arrived is another than the one in hand."""
    pairs = {
        "method": (ours.method, arrived.method),
        "path": (ours.target, arrived.target),
        "timestamp": (ours.timestamp, arrived.timestamp),
        "nonce": (ours.nonce, arrived.nonce),
        "signature": (ours.signature, arrived.signature),
        "digest": (
            hashlib.sha256(ours.body).hexdigest(),
            arrived.body_sha256 or hashlib.sha256(ours.body).hexdigest(),
        ),
    }
    return {
        part: f"here arrived {came or 'nothing'}"
        for part, (sent, came) in pairs.items()
        if sent != came
    }


# ---------------------------------------------------------------- what partners sign by mistake


def _signed_instead(
    ours: Signed, request: RawRequest, verify: Verify
) -> tuple[Mapping[str, str], Signed] | None:
    """The mistakes (part → what was signed) that make the signature fit, the fewest possible."""
    mistakes = [(part, why, {name: value}) for part, why, name, value in _mistakes(ours, request)]
    for count in (1, 2):
        for chosen in combinations(mistakes, count):
            changed: dict[str, Any] = {}
            for _, _, change in chosen:
                changed |= change
            if len(changed) == count and verify(candidate := replace(ours, **changed)):
                return {part: why for part, why, _ in chosen}, candidate
    return None


def _mistakes(ours: Signed, request: RawRequest) -> Iterator[tuple[str, str, str, Any]]:
    """(part, why, the member of Signed, what it would be): each another value than ours."""
    seen = set()
    for part, why, member, value in (
        *_of_signatures(ours),
        *_of_paths(ours, request),
        *_of_bodies(ours),
        *_of_times(ours),
        ("nonce", "signed without the nonce", "nonce", ""),
        ("nonce", "signed in lower case", "nonce", ours.nonce.lower()),
        ("method", "signed in lower case", "method", ours.method.lower()),
        ("method", "signed without the method", "method", ""),
    ):
        if value != getattr(ours, member) and (member, value) not in seen:
            seen.add((member, value))
            yield part, why, member, value


def _of_signatures(ours: Signed) -> Iterator[tuple[str, str, str, str]]:
    text = ours.signature.strip()
    bare = text.removeprefix("v1=").removeprefix("V1=")
    yield "signature", "the digits are in upper case", "signature", f"v1={bare.lower()}"
    yield "signature", "v1= is missing", "signature", f"v1={bare}"
    try:
        raw = base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_" if "_" in bare or "-"
                               in bare else None, validate=True)  # fmt: skip
    except (binascii.Error, ValueError):
        return
    yield "signature", "it is base64, not hexadecimal", "signature", f"v1={raw.hex()}"


def _of_paths(ours: Signed, request: RawRequest) -> Iterator[tuple[str, str, str, str]]:
    path, mark, query = ours.target.partition("?")
    host = request.headers.get("host", "")
    for value, why in (
        (path, "signed without the query"),
        (f"{path}?", "signed with an empty query"),
        (f"{path}/{mark}{query}", "signed with a slash at the end"),
        (f"{path.rstrip('/')}{mark}{query}", "signed without the slash at the end"),
        (unquote(ours.target, errors=RAW), "signed decoded, not as it was sent"),
        (quote(ours.target, safe="/?&=", errors=RAW), "signed encoded, not as it was sent"),
        (f"{path}{mark}{'&'.join(sorted(query.split('&')))}", "signed with the query in order"),
        (ours.target.removeprefix("/v1"), "signed without /v1"),
        ("/v1" + ours.target, "signed with /v1 before it"),
        (request.target, "signed with its origin"),
        (f"http://{host}{ours.target}", "signed with its origin"),
        (f"https://{host}{ours.target}", "signed with its origin"),
        (f"{host}{ours.target}", "signed with the host"),
        ("", "signed without the path"),
    ):
        yield "path", why, "target", value


def _of_bodies(ours: Signed) -> Iterator[tuple[str, str, str, bytes]]:
    body = ours.body
    yield "digest", "signed over no body", "body", b""
    yield "digest", "signed without the line end behind the body", "body", body.rstrip(b"\r\n")
    yield "digest", "signed with a line end behind the body", "body", body + b"\n"
    yield "digest", "signed with a line end behind the body", "body", body + b"\r\n"
    try:
        document = json.loads(body)
    except ValueError:
        return
    for ascii_ in (True, False):
        for ordered in (False, True):
            for separators in ((",", ":"), (", ", ": ")):
                text = json.dumps(
                    document, ensure_ascii=ascii_, sort_keys=ordered, separators=separators
                )
                yield (
                    "digest",
                    "signed over the JSON written anew",
                    "body",
                    text.encode("utf-8", "surrogatepass"),
                )


def _of_times(ours: Signed) -> Iterator[tuple[str, str, str, str]]:
    yield "timestamp", "signed without the timestamp", "timestamp", ""
    if ours.timestamp.isascii() and ours.timestamp.isdigit() and len(ours.timestamp) < 16:
        at = int(ours.timestamp)
        yield "timestamp", "signed in milliseconds", "timestamp", str(at * 1000)
        yield "timestamp", "signed in seconds", "timestamp", str(at // 1000)
        for off in range(1, 6):
            for value in (at - off, at + off):
                yield "timestamp", "signed with another second", "timestamp", str(value)
