"""Signed requests to a running gateway, as a partner sends them: the command line is a client, too.

It signs by the native module and sends by the standard library: a command must begin at once, which
`connectors/sdk` with its HTTP client does not. What it signs is held against the same vector.

`headers` and `as_script` are pure but for the clock and the nonce they are given.
"""

import http.client
import json
import re
import secrets
import shlex
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from connectors.web_address import check_web_address
from gateway.ground.command.output import Answer
from gateway.ground.errors import RefusedError

TIMEOUT_S: Final = 60.0
START_WAIT_S: Final = 10.0  # a gateway that was started in the line above may not listen yet
RETRY_S: Final = 0.2
KEY_FILE_BYTES_MAX: Final = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A key as `quangate key create --json` prints it."""

    key_id: str
    secret: str = field(repr=False)
    delivery_key: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRequest:
    """What is sent: `target` is the path with its query, exactly as it is signed."""

    url: str  # of the gateway, without a path
    method: str
    target: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer."""

    status: int
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether it is a success."""
        return 200 <= self.status < 300


def read_key(text: str) -> SigningKey:
    """A key from what `key create --json` printed. Raises RefusedError, which repeats nothing."""
    try:
        found = json.loads(text.strip().splitlines()[-1])
        return SigningKey(
            key_id=found["key_id"], secret=found["secret"], delivery_key=found["delivery_key"]
        )
    except (IndexError, KeyError, TypeError, ValueError):
        raise RefusedError(
            "invalid-key-file", "that is no key: give what `quangate key create --json` printed"
        ) from None


def read_input(path: str, what: str) -> bytes:
    """A file, or stdin for `-`. Raises RefusedError."""
    try:
        if path == "-":
            with open(0, "rb", closefd=False) as stdin:
                return stdin.read()
        return Path(path).read_bytes()
    except OSError as error:
        raise RefusedError("no-such-file", f"cannot read {what} {path}: {error.strerror}") from None


def headers(key: SigningKey, request: SignedRequest, *, at: float, nonce: str) -> Mapping[str, str]:
    """The headers that sign a request at a time."""
    from gateway.ground.native import sign_request

    stamp = str(int(at))
    return {
        "X-Quangate-Key": key.key_id,
        "X-Quangate-Timestamp": stamp,
        "X-Quangate-Nonce": nonce,
        "X-Quangate-Signature": sign_request(
            key.secret, request.method, request.target, stamp, nonce, request.body
        ),
        **({"Content-Type": "application/json"} if request.body else {}),
    }


def send(key: SigningKey, request: SignedRequest) -> Reply:
    """Sign and send once. Waits a while for a gateway that does not listen yet.

    Raises RefusedError `unreachable` when nothing was sent, `no-answer` when the outcome is not
    known: then the same number may be sent again, or asked for.
    """
    deadline = time.monotonic() + START_WAIT_S
    while True:
        connection = _connection(request.url)
        try:
            connection.connect()
            break
        except OSError as error:
            connection.close()
            if time.monotonic() > deadline or not isinstance(error, ConnectionRefusedError):
                raise RefusedError(
                    "unreachable",
                    f"no gateway answers at {request.url}: {error.strerror or error};"
                    " start one with `quangate serve`, or name yours with --url",
                ) from None
            time.sleep(RETRY_S)
    signed = headers(key, request, at=time.time(), nonce=secrets.token_hex(16))
    try:
        connection.request(request.method, request.target, request.body or None, dict(signed))
        answer = connection.getresponse()
        return Reply(answer.status, answer.read())
    except (OSError, http.client.HTTPException) as error:
        raise RefusedError(
            "no-answer",
            f"{request.url} took the request and did not answer ({error}): what became of it is not"
            " known. Sending the same again is safe",
        ) from None
    finally:
        connection.close()


def check_gateway(url: str) -> str:
    """The address of a gateway. Raises RefusedError."""
    try:
        checked = check_web_address(url)
    except ValueError as error:
        raise RefusedError("invalid-argument", f"--url {error}") from None
    if urlsplit(checked).path:
        raise RefusedError("invalid-argument", "--url must be without a path")
    return checked


def _connection(url: str) -> http.client.HTTPConnection:
    parts = urlsplit(check_gateway(url))
    host, port = str(parts.hostname), parts.port
    if parts.scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=TIMEOUT_S, context=context)
    return http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)


def check_request(request: SignedRequest) -> SignedRequest:
    """The request, if it can be written as it stands. Raises RefusedError."""
    if not request.target.startswith("/") or not request.target.isascii() or any(
        c <= " " or c == "\x7f" for c in request.target
    ):  # fmt: skip
        raise RefusedError(
            "invalid-argument",
            f"{request.target!r} is no target: a path that begins with /, percent-encoded",
        )
    if not (request.method.isascii() and request.method.isalpha()):
        raise RefusedError("invalid-argument", f"{request.method!r} is no HTTP method")
    return request


def said_once(sentences: Sequence[str]) -> str:
    """All of them, without those that another one contains."""
    kept = [
        each
        for each in dict.fromkeys(sentences)
        if not any(each in other for other in sentences if other != each)
    ]
    return "; ".join(kept)


def document_of(reply: Reply) -> dict[str, Any]:
    """A successful answer as one JSON object; what is none itself is its member `body`.

    Raises RefusedError with the problem's code where it was none of success.
    """
    if not reply.ok:
        raise problem_of(reply)
    try:
        found = json.loads(reply.body)
    except ValueError:
        found = reply.body.decode(errors="replace")
    return found if isinstance(found, dict) else {"body": found}


def problem_of(reply: Reply) -> RefusedError:
    """The refusal behind an answer that is none of success."""
    try:
        problem: Any = json.loads(reply.body)
        wrong = [f"{each['pointer']}: {each['detail']}" for each in problem.get("errors") or ()]
        said = said_once([problem.get("detail") or problem["title"], *wrong])
        return RefusedError(problem["code"], said)
    except (ValueError, KeyError, TypeError, AttributeError):
        return RefusedError("unexpected-answer", f"the gateway answered {reply.status}")


SCRIPT = """\
#!/bin/sh
# Needs curl and openssl. The secret (qs_…) of the key is read from QUANGATE_SECRET.
set -eu
key=${{QUANGATE_KEY:-{key_id}}} method={method} url={url}
target={target}
body={body}

# HMAC-SHA256 by hand: as an option of openssl the key would stand in the list of processes.
hex=$(printf '%s=' "${{QUANGATE_SECRET#qs_}}" | tr '_-' '/+' | openssl base64 -d -A |
  od -An -v -tx1 | tr -d ' \\n')
while [ ${{#hex}} -lt 128 ]; do hex=${{hex}}00; done
xor() {{ # the bytes that $1 has in hex, each with $2
  left=$1
  while [ -n "$left" ]; do
    rest=${{left#??}}
    printf "\\\\$(printf '%03o' $((0x${{left%"$rest"}} ^ $2)))"
    left=$rest
  done
}}
sha256() {{ openssl dgst -sha256 | sed 's/.*= *//'; }}

timestamp=$(date +%s)
nonce=$(openssl rand -hex 16)
digest=$(printf '%s' "$body" | sha256)
said() {{ printf '%s\\n%s\\n%s\\n%s\\n%s' "$method" "$target" "$timestamp" "$nonce" "$digest"; }}
inner=$({{ xor "$hex" 54; said; }} | sha256)
signature=$({{ xor "$hex" 92; xor "$inner" 0; }} | sha256)

printf '%s' "$body" | curl -sS -X "$method" "$url$target" {data}\\
  -H "X-Quangate-Key: $key" -H "X-Quangate-Timestamp: $timestamp" \\
  -H "X-Quangate-Nonce: $nonce" -H "X-Quangate-Signature: v1=$signature"
"""


def script(key: SigningKey, request: SignedRequest) -> Answer:
    """The script as a command's answer: as it is, or a member of JSON. Raises RefusedError."""
    text = as_script(key.key_id, request)
    return Answer(data={"script": text}, raw=text.encode())


def as_script(key_id: str, request: SignedRequest) -> str:
    """A sh script that sends the same; the secret is not in it. Raises RefusedError."""
    if not re.fullmatch(r"\w+", key_id, re.ASCII):
        raise RefusedError("invalid-key-file", "its key id is none")
    try:
        body = request.body.decode()
    except UnicodeDecodeError:
        raise RefusedError("invalid-body", "the body is not text in UTF-8") from None
    if "\0" in body:
        raise RefusedError("invalid-body", "the body holds a zero byte")
    sends = "--data-binary @- -H 'Content-Type: application/json' " if request.body else ""
    return SCRIPT.format(
        key_id=key_id,
        method=shlex.quote(request.method),
        url=shlex.quote(request.url.rstrip("/")),
        target=shlex.quote(request.target),
        body=shlex.quote(body),
        data=sends,
    )
