"""What operators are asked with about cases."""

from datetime import datetime
from typing import Annotated, Final, TypeAlias

from msgspec import Meta

from gateway.cases.rules import CaseKind
from gateway.ground.desk.given import Given
from gateway.ground.desk.kinds import Cursor, Limit, OnlyPartner
from gateway.ground.desk.port import AMOUNT_MAX
from gateway.orders.desk import OrderNo
from gateway.orders.rules import QUANTITY_MAX

CaseNo: TypeAlias = Annotated[
    str, Meta(description="Our number of the case.", extra={"argument": True, "metavar": "CASE_NO"})
]
_NUMBER: Final = r"^[A-Za-z0-9._:-]{1,64}\Z"


class OneCase(Given, frozen=True, kw_only=True):
    """A case there is."""

    case_no: CaseNo


class NewCase(Given, frozen=True, kw_only=True):
    """A case that an operator opens."""

    order_no: OrderNo
    kind: Annotated[CaseKind, Meta(description="reissue, recipient, refund, upstream or question.")]
    reason: Annotated[
        Annotated[str, Meta(min_length=1, max_length=500)], Meta(description="What is wrong.")
    ]
    detail: Annotated[
        Annotated[str, Meta(max_length=2000)] | None,
        Meta(description="More of it; codes in it are made unreadable."),
    ] = None
    quantity: Annotated[
        Annotated[int, Meta(ge=1, le=QUANTITY_MAX)] | None,
        Meta(description="How many pieces are paid back, or codes replaced; without: all."),
    ] = None
    amount: Annotated[
        Annotated[int, Meta(ge=1, le=AMOUNT_MAX)] | None,
        Meta(
            description="So much is paid back, minor units; strikes out no codes.",
            extra={"money": True},
        ),
    ] = None
    recipient: Annotated[
        Annotated[str, Meta(min_length=1, max_length=128)] | None,
        Meta(description="The new number of a top-up."),
    ] = None
    index: Annotated[
        Annotated[int, Meta(ge=0, lt=QUANTITY_MAX)] | None,
        Meta(description="Just this code of the order, from 0; without: the last that stand."),
    ] = None
    out_case_no: Annotated[
        Annotated[str, Meta(pattern=_NUMBER)] | None,
        Meta(description="The partner's number of it; once per partner."),
    ] = None
    void: Annotated[bool, Meta(description="Strike out codes though it is by amount.")] = False
    keep_codes: Annotated[
        Annotated[str, Meta(min_length=4, max_length=500)] | None,
        Meta(description="Strike out none, and why.", extra={"metavar": "WHY"}),
    ] = None


class Approval(Given, frozen=True, kw_only=True):
    """How a case is approved."""

    case_no: CaseNo
    void: Annotated[bool, Meta(description="Strike out codes though it is by amount.")] = False
    keep_codes: Annotated[
        Annotated[str, Meta(min_length=4, max_length=500)] | None,
        Meta(description="Pay back without striking out codes, and why.", extra={"metavar": "WHY"}),
    ] = None


class Assignment(Given, frozen=True, kw_only=True):
    """Whose a case is to be."""

    case_no: CaseNo
    operator: Annotated[str, Meta(description="An operator's name.", extra={"argument": True})]


class Note(Given, frozen=True, kw_only=True):
    """What to know about a case."""

    case_no: CaseNo
    text: Annotated[
        Annotated[str, Meta(min_length=1, max_length=2000)],
        Meta(description="Partners do not see it.", extra={"argument": True}),
    ]


class Snooze(Given, frozen=True, kw_only=True):
    """Until when."""

    case_no: CaseNo
    until: Annotated[datetime, Meta(description="RFC 3339.", extra={"metavar": "TIME"})]


class Cases(Given, frozen=True, kw_only=True):
    """Which cases."""

    partner: OnlyPartner = None
    state: Annotated[
        str | None,
        Meta(
            description="opened, in_review, approved, acting, waiting_upstream, resolved, refused,"
            " withdrawn."
        ),
    ] = None
    kind: Annotated[
        str | None, Meta(description="reissue, recipient, refund, upstream, question.")
    ] = None
    order_no: Annotated[str | None, Meta(description="Only about this order.")] = None
    assigned_to: Annotated[str | None, Meta(description="Only this operator's.")] = None
    open: Annotated[bool, Meta(description="Only those that have not ended.")] = False
    cursor: Cursor = None
    limit: Limit = 50


class Nothing(Given, frozen=True, kw_only=True):
    """Nothing is said."""
