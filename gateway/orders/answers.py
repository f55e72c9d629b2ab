"""Orders as they are answered (api.md): for the document, and for tests that compare.

Orders are written by hand, for speed (order_wire, orders): contract tests hold them against these.
"""

from typing import Annotated, Final

from msgspec import UNSET, Meta, Struct, UnsetType

from gateway.ground.http.operation import ID, Answer, Parameter
from gateway.ground.http.problem_wire import Problem
from gateway.ground.http.wire import Cursor, Minor, Time
from gateway.orders.failure import FailureCode
from gateway.orders.rules import OrderState


class SealedCode(Struct, kw_only=True):
    """One code as a JWE compact (dir, A256GCM), readable with the key's delivery key.

    The plaintext is JSON: `code`, and `pin`, `url`, `expires_at` where there are any.
    """

    jwe: str


class Failure(Struct, kw_only=True):
    """Why an order failed, wholly or in part."""

    code: FailureCode
    detail: str


class Order(Struct, kw_only=True):
    """An order. `codes` is there only for keys with `codes:read`, and never in lists.

    `refunded_amount` is what came back of `amount`; `replaced` how many codes others took the
    place of: `codes` has those that stand there now.
    """

    order_no: str
    out_order_no: str
    sku: str
    quantity: int
    account: str | None
    amount: Minor
    currency: str
    state: OrderState
    codes: list[SealedCode] | UnsetType = UNSET
    delivered_quantity: int
    refunded_amount: Minor
    replaced: int
    failure: Failure | None
    metadata: dict[str, str] | None
    created_at: Time
    updated_at: Time
    sandbox: (
        Annotated[bool, Meta(description="True in the sandbox; real ones have no such member.")]
        | UnsetType
    ) = UNSET


class OrderPage(Struct, kw_only=True):
    """Orders, newest first."""

    data: list[Order]
    next_cursor: Cursor


class BatchResult(Struct, kw_only=True):
    """What became of one line: `order` for 200 and 201, else `problem`."""

    status: int
    order: Order | UnsetType = UNSET
    problem: Problem | UnsetType = UNSET


class BatchResults(Struct, kw_only=True):
    """One result per line, in the order of the lines."""

    results: list[BatchResult]


TAG: Final = "Orders"
ORDER_NO: Final = Parameter("order_no", "Our number of the order.", ID)
# Names of ours have no colon: those that do are the sandbox's.
SKU: Final = {"type": "string", "pattern": "^(?:sandbox:)?[A-Za-z0-9._-]{1,64}$"}
AN_ORDER: Final = Answer("The order.", Order)
