"""Cases on the wire: what a partner may send, and how a case is written back."""

from typing import Annotated, Final

import msgspec

from gateway.cases.asked import CaseAsked
from gateway.cases.rules import CaseKind, CaseState
from gateway.ground.http.body import invalid
from gateway.ground.http.wire import Cursor, Minor, Time
from gateway.orders.rules import QUANTITY_MAX
from gateway.orders.wire import AMOUNT_MAX, Number
from gateway.orders.wire import Text as Recipient

REASON_MAX: Final = 500
DETAIL_MAX: Final = 2000


class CaseIn(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """The body of POST /v1/orders/{order_no}/cases."""

    kind: CaseKind
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=REASON_MAX)]
    out_case_no: Number
    detail: (
        Annotated[
            str,
            msgspec.Meta(max_length=DETAIL_MAX, description="Codes in it are made unreadable."),
        ]
        | None
    ) = None
    quantity: (
        Annotated[
            int,
            msgspec.Meta(
                ge=1,
                le=QUANTITY_MAX,
                description="How many pieces: of a refund, or codes of a reissue. None: all.",
            ),
        ]
        | None
    ) = None
    amount: (
        Annotated[int, msgspec.Meta(ge=1, le=AMOUNT_MAX, description="Of a refund, minor units.")]
        | None
    ) = None
    recipient: Annotated[Recipient, msgspec.Meta(description="The new one.")] | None = None
    index: (
        Annotated[
            int,
            msgspec.Meta(
                ge=0,
                lt=QUANTITY_MAX,
                description="Just this code of the order, from 0. None: the last that stand.",
            ),
        ]
        | None
    ) = None


DECODER: Final = msgspec.json.Decoder(CaseIn)


def case_asked(body: CaseIn) -> CaseAsked:
    """What is asked, in the domain's words. Raises ProblemError for what types cannot say."""
    for name in ("reason", "recipient"):
        text = getattr(body, name)
        if text is not None and not text.isprintable():
            raise invalid([(f"/{name}", "control characters are not allowed")])
    if not body.reason.strip():
        raise invalid([("/reason", "must say something")])
    if body.detail is not None and "\0" in body.detail:
        raise invalid([("/detail", "must be without NUL characters")])
    return CaseAsked(
        out_case_no=body.out_case_no,
        kind=body.kind,
        reason=body.reason,
        detail=body.detail,
        quantity=body.quantity,
        amount=body.amount,
        recipient=body.recipient,
        index=body.index,
    )


class Case(msgspec.Struct, kw_only=True):
    """A case. `outcome` says what it came to, `answer` what its decider wrote.

    `rule`: it was decided by a rule of that name. `deadline_at`: until when the platform that was
    asked may take.
    """

    case_no: str
    out_case_no: str
    order_no: str
    kind: CaseKind
    state: CaseState
    reason: str
    detail: str | None
    index: int | None
    quantity: int | None
    amount: Minor | None
    recipient: str | None
    outcome: str | None
    answer: str | None
    rule: str | None
    refunded_amount: Minor
    replaced: int
    deadline_at: Time | None
    created_at: Time
    updated_at: Time


class CasePage(msgspec.Struct, kw_only=True):
    """Cases, newest first."""

    data: list[Case]
    next_cursor: Cursor
