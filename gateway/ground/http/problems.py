"""Problems (RFC 9457): one table of everything a request can be told instead of an answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from aiohttp.web import Response
from multidict import CIMultiDict

from gateway.ground.errors import OverloadedError, StoreUnavailableError
from gateway.ground.http.direct_answer import SERVER_NAME, DirectAnswer

PROBLEM_TYPE = "application/problem+json"
UNAUTHORIZED: Final = 401
SCHEME: Final = "Quangate"  # of authentication, for WWW-Authenticate (RFC 9110 §11.6.1)


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the contract's problem table."""

    status: int
    title: str
    retryable: bool = False
    retry_after_s: int | None = None


KINDS: Final[Mapping[str, Kind]] = {
    "invalid-request": Kind(400, "The request is not valid"),
    "malformed-json": Kind(400, "The body is not acceptable JSON"),
    "unauthenticated": Kind(401, "The request is not authenticated"),
    "stale-timestamp": Kind(401, "The request is not authenticated"),
    "replayed-nonce": Kind(401, "The request is not authenticated"),
    "insufficient-balance": Kind(402, "The account has too little money", retryable=True),
    "not-permitted": Kind(403, "The operator may not do this"),
    "step-up-required": Kind(403, "This wants a one-time code first"),
    "forbidden": Kind(403, "The key may not do this"),
    "pass-required": Kind(403, "The campaign takes orders only with a pass"),
    "pass-invalid": Kind(403, "The pass is not valid"),
    "not-found": Kind(404, "There is no such thing"),
    "unknown-sku": Kind(404, "There is no such SKU"),
    "method-not-allowed": Kind(405, "The method is not allowed here"),
    "order-conflict": Kind(409, "The order number was used for other content"),
    "sold-out": Kind(409, "The SKU is sold out"),
    "price-changed": Kind(409, "The price is no longer that"),
    "not-cancellable": Kind(409, "The order can no longer be cancelled"),
    "campaign-closed": Kind(409, "The campaign is not open"),
    "hold-expired": Kind(409, "The hold is over, and nothing is left"),
    "hold-released": Kind(409, "The hold was released"),
    "case-open": Kind(409, "The order has an open case"),
    "pass-used": Kind(409, "The pass was used by another order"),
    "already-exists": Kind(409, "There is one of that name"),
    "refused": Kind(409, "Something stands in the way"),
    "idempotency-conflict": Kind(409, "The key was used for another request"),
    "changed-meanwhile": Kind(412, "Somebody changed it meanwhile"),
    "body-too-large": Kind(413, "The body is too large"),
    "unsupported-media-type": Kind(415, "The body must be plain application/json"),
    "target-too-long": Kind(414, "The target is too long"),
    "purchase-limit": Kind(422, "The purchase limit is reached"),
    "hold-limit": Kind(422, "No more can be held"),
    "rate-limited": Kind(429, "Too many requests", retryable=True, retry_after_s=1),
    "head-too-large": Kind(431, "The headers are too large"),
    "internal": Kind(500, "Something went wrong here", retryable=True),
    "overloaded": Kind(503, "Too much is going on", retryable=True, retry_after_s=1),
    "busy": Kind(503, "The last codes are being handed out", retryable=True, retry_after_s=1),
    "maintenance": Kind(503, "Out of service for a moment", retryable=True, retry_after_s=2),
}

# Told to operators alone; the partners' document has none of them.
DESK_KINDS: Final = frozenset(
    {
        "not-permitted", "step-up-required", "already-exists", "refused", "idempotency-conflict",
        "changed-meanwhile",
    }
)  # fmt: skip


class ProblemError(Exception):
    """Carries a problem out of a handler."""

    def __init__(
        self,
        code: str,
        detail: str | None = None,
        *,
        errors: Sequence[tuple[str, str]] = (),
        members: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        why: str | None = None,
    ) -> None:
        """`why`: for the operator alone."""
        # Exception.__init__ is left out on purpose: a flood of refusals is made here.
        self.why = why
        self.code = code
        self.detail = detail
        self.errors = errors
        self.members = members or {}
        self.headers = headers

    def __str__(self) -> str:
        """For a log."""
        return self.code


def as_problem(error: Exception) -> ProblemError:
    """What is told when a handler could not answer; of our own faults no more than that."""
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, OverloadedError):  # a StoreUnavailableError too
        return ProblemError("overloaded")
    return ProblemError("maintenance" if isinstance(error, StoreUnavailableError) else "internal")


def problem_document(
    code: str,
    detail: str | None = None,
    *,
    trace_id: str,
    errors: Sequence[tuple[str, str]] = (),
    members: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The problem's JSON. `errors` are (JSON pointer, what is wrong with that member)."""
    kind = KINDS[code]
    document: dict[str, Any] = {
        "type": f"urn:quangate:problem:{code}",
        "title": kind.title,
        "status": kind.status,
        "detail": detail or kind.title + ".",
        "code": code,
        "retryable": kind.retryable,
        "trace_id": trace_id,
    }
    if errors:
        document["errors"] = [{"pointer": pointer, "detail": text} for pointer, text in errors]
    if members:
        document.update(members)
    return document


def problem_answer(error: ProblemError, trace_id: str, *, last: bool = False) -> DirectAnswer:
    """The answer for a problem; with `last` the connection ends after it."""
    kind, body, headers = _parts(error, trace_id)
    return DirectAnswer(body, kind.status, PROBLEM_TYPE, headers, last=last)


def problem_response(error: ProblemError, trace_id: str) -> Response:
    """The answer for a problem as an ordinary response, whose connection may be closed."""
    kind, body, headers = _parts(error, trace_id)
    named = {"Content-Type": PROBLEM_TYPE, "Server": SERVER_NAME, "Cache-Control": "no-store"}
    return Response(body=body, status=kind.status, headers=CIMultiDict(named | headers))


def _parts(error: ProblemError, trace_id: str) -> tuple[Kind, bytes, dict[str, str]]:
    kind = KINDS[error.code]
    headers = {}
    if kind.status == UNAUTHORIZED:
        headers["WWW-Authenticate"] = SCHEME
    if kind.retry_after_s is not None:
        headers["Retry-After"] = str(kind.retry_after_s)
    if error.headers:
        headers.update(error.headers)
    document = problem_document(
        error.code,
        error.detail,
        trace_id=trace_id,
        errors=error.errors,
        members=error.members,
    )
    return kind, orjson.dumps(document), headers
