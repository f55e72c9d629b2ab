"""A problem as the OpenAPI document shows it; problems writes it."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType


class ProblemError(Struct, kw_only=True):
    """One wrong member: `pointer` (RFC 6901) names it."""

    pointer: str
    detail: str


class Problem(Struct, kw_only=True):
    """Why there is no answer (RFC 9457). Programs look at `code` and `retryable`."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    retryable: bool
    trace_id: str
    errors: list[ProblemError] | UnsetType = UNSET
    server_time: (
        Annotated[int, Meta(description="Unix seconds; only with `stale-timestamp`.")] | UnsetType
    ) = UNSET
    refund_due: Annotated[bool, Meta(description="Only with `hold-expired`.")] | UnsetType = UNSET
