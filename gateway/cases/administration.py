"""What cases ask within one transaction, statement by statement."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from gateway.cases.rules import CaseRule
from gateway.ground.sql.declared import Row, Statement, Statements


class OrderFacts(TypedDict):
    """An order as its cases see it. `codes`: how many it has; `standing`: the places of
    those that are not struck out; `is_unsent`: its attempt waits.
    """

    partner_id: int
    order_id: int
    partner: str
    out_order_no: str
    sku_id: int
    sku: str
    sku_kind: str
    account_rule: str | None
    quantity: int
    amount: int
    refunded: int
    returned: int
    delivered: int
    state: str
    currency: str
    codes: int
    standing: Sequence[int]
    recipient: str | None
    age_s: int
    is_unsent: bool


class KnownCase(TypedDict):
    """A case of a number of the partner's."""

    id: int
    content_hash: bytes


class SealedCode(TypedDict):
    """A code as it is kept, and the wrapped key of its batch."""

    pool_id: int
    seq: int
    batch_id: int
    sealed: bytes
    data_key: bytes | None


class OrderOfCase(TypedDict):
    """Whose order a case is about."""

    partner_id: int
    order_id: int


class LockedCase(TypedDict):
    """A case that is the caller's until its transaction ends."""

    partner_id: int
    id: int
    out_case_no: str
    order_id: int
    kind: str
    state: str
    reason: str
    detail: str | None
    position: int | None
    quantity: int | None
    amount: int | None
    recipient: str | None
    void: bool
    keep_codes: str | None
    assigned_to: str | None
    level: int
    outcome: str | None


class Acted(TypedDict):
    """What acting came to: how many codes, or minor units."""

    outcome: str
    done: int


class KnownCode(TypedDict):
    """A fingerprint of a code there is, and how its pool spells."""

    fingerprint: UUID
    case_insensitive: bool
    ignore_spaces: bool


class NewestAttempt(TypedDict):
    """Where an order was sent last."""

    upstream: str
    attempt_no: str
    upstream_no: str | None


class CasesAndOrders(TypedDict):
    """How many a partner has of late."""

    cases: int
    orders: int


class ShownCase(TypedDict):
    """One case; the task is JSON text."""

    case_no: str
    out_case_no: str
    order_no: str
    partner: str
    sku: str
    kind: str
    state: str
    reason: str
    detail: str | None
    index: int | None
    quantity: int | None
    amount: int | None
    recipient: str | None
    void: bool
    keep_codes: str | None
    outcome: str | None
    refunded_amount: int
    replaced: int
    rule: str | None
    opened_by: str
    assigned_to: str | None
    level: int
    snoozed_until: datetime | None
    deadline_at: datetime | None
    decided_by: str | None
    decided_at: datetime | None
    decision: str | None
    task: str | None
    created_at: datetime
    updated_at: datetime


class SummedCase(TypedDict):
    """What approving a case does; `codes` None: its order is none for codes."""

    kind: str
    order_no: str
    partner: str
    sku: str
    quantity: int
    currency: str
    amount: int | None
    void: bool
    keep_codes: str | None
    due: int
    codes: int | None


class CaseStep(TypedDict):
    """Something that happened with a case."""

    no: int
    at: datetime
    step: str
    actor: str
    state: str
    text: str | None
    rule: str | None


class SQL(Statements, file="cases/administration"):
    """Cases, in a transaction of whoever works at them."""

    order_facts: Statement[[int | None, int], OrderFacts]
    insert_case: Statement[
        [
            int, str | None, bytes, int, str, str, str | None, int | None, int | None, int | None,
            str | None, bool, str | None, str,
        ],
        int,
    ]  # fmt: skip
    cases_of_order: Statement[[int, int, int], int]
    case_by_number: Statement[[int, str], KnownCase]
    sealed_of_order: Statement[[int | None, int], SealedCode]
    order_of_case: Statement[[int], OrderOfCase]
    lock_case: Statement[[int | None, int], LockedCase]
    next_case: Statement[[], int]
    step_case: Statement[[int, int, str, str | None, str, str | None, str | None, str | None], None]
    assign_case: Statement[[int, int, str | None], int]
    is_operator: Statement[[str], bool]
    snooze_case: Statement[[int, int, datetime], int]
    escalate_case: Statement[[int, int], int]
    decide_case: Statement[[int, int, str, str | None, bool, str | None, str | None], int]
    answer_case: Statement[[int, int, str | None], int]
    reissue: Statement[[int, int], Acted]
    refund: Statement[[int, int], Acted]
    readdress: Statement[[int, int], bool]
    note_done: Statement[[int, int, int, int], int]
    become_upstream: Statement[[int, int], int]
    set_task: Statement[[int, int, str | None, int], int]
    tell_case: Statement[[int, int], None]
    reissues_today: Statement[[int], int]
    reissues_of_order: Statement[[int, int], int]
    refund_due: Statement[[int, int], int]
    known_codes: Statement[[Sequence[UUID]], KnownCode]
    rules_in_force: Statement[[], CaseRule]
    cases_and_orders: Statement[[int], CasesAndOrders]
    newest_attempt: Statement[[int, int], NewestAttempt]
    show_case: Statement[[int], ShownCase]
    case_steps: Statement[[int], CaseStep]
    list_cases: Statement[
        [
            str | None, str | None, str | None, int | None, str | None, bool, str | None, int,
        ],
        Row,
    ]  # fmt: skip
    summed_up: Statement[[int], SummedCase]
    trace_case: Statement[[int], Row]
