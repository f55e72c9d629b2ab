"""What goes wrong: the base of all errors, and what an answer that is no success says."""

from typing import Any

import msgspec


class QuangateError(Exception):
    """Something was refused, or went wrong. Programs look at `code` and `retryable`.

    `status` is the answer's, 0 where there was none; `errors` names wrong members, each with
    `pointer` and `detail`.
    """

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        status: int = 0,
        retryable: bool = False,
        trace_id: str = "",
        errors: tuple[dict[str, str], ...] = (),
        server_time: int | None = None,
        retry_after: str | None = None,
    ) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
        self.status = status
        self.retryable = retryable
        self.trace_id = trace_id
        self.errors = errors
        self.server_time = server_time  # Unix seconds, of `stale-timestamp`
        self.retry_after = retry_after  # the header, as it came


class UnknownOutcomeError(QuangateError):
    """Nobody knows what became of the order `out_order_no`: it may have been made, or be made yet.

    Ask for it later, or place it again under the same number and with the same content: that is
    safe. Never place it under another number.
    """

    def __init__(self, out_order_no: str) -> None:
        super().__init__("unknown-outcome", f"of order {out_order_no}", retryable=True)
        self.out_order_no = out_order_no


class InvalidStatementError(QuangateError):
    """A statement's file is not the one its checksum says."""

    def __init__(self) -> None:
        super().__init__("invalid-statement", "the file does not match its sha256")


class Problem(msgspec.Struct):
    """An answer of `application/problem+json`."""

    code: str
    detail: str = ""
    title: str = ""
    retryable: bool = False
    trace_id: str = ""
    errors: tuple[dict[str, Any], ...] = ()
    server_time: int | None = None


def read_problem(status: int, body: bytes, retry_after: str | None) -> QuangateError:
    """The error an answer means; one that is not ours is `unexpected-answer`."""
    try:
        said = msgspec.json.decode(body, type=Problem)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return unexpected(status, retry_after)
    return refusal(status, said, retry_after)


def refusal(status: int, said: Problem, retry_after: str | None = None) -> QuangateError:
    """The error that a problem means, of its code's class."""
    from quangate.errors import BY_CODE

    return BY_CODE.get(said.code, QuangateError)(
        said.code,
        said.detail or said.title,
        status=status,
        retryable=said.retryable,
        trace_id=said.trace_id,
        errors=tuple(
            {"pointer": str(each.get("pointer", "")), "detail": str(each.get("detail", ""))}
            for each in said.errors
        ),
        server_time=said.server_time,
        retry_after=retry_after,
    )


def unsayable() -> QuangateError:
    """Of a text that no request can hold; nothing was sent."""
    return refusal(0, Problem("invalid-request", "a text has half of a surrogate pair"))


def unexpected(status: int, retry_after: str | None = None) -> QuangateError:
    """An answer that no gateway gives: a proxy's, or half of one."""
    return QuangateError(
        "unexpected-answer",
        f"the answer ({status}) is none of a gateway",
        status=status,
        retryable=status in {429, 502, 503, 504},
        retry_after=retry_after,
    )
