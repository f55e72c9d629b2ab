"""What its actions and views ask, statement by statement."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from gateway.ground.sql.declared import Row, Statement, Statements


class ShownPartner(TypedDict):
    """A partner with its money and its endpoint, if it has one."""

    partner: str
    balance: int
    credit_limit: int
    currency: str
    zone: str
    created_at: datetime
    webhook_url: str | None
    webhook_disabled_at: datetime | None
    webhook_disabled_why: str | None


class LockedAccount(TypedDict):
    """A partner's money, which nobody else moves; minor units."""

    partner_id: int
    balance: int
    credit_limit: int
    low: int | None
    currency: str


class KnownEntry(TypedDict):
    """What was booked under a reference; the reason is an adjustment's."""

    amount: int
    reason: str | None


class MadeEntry(TypedDict):
    """The balance after an entry, minor units, and its number."""

    balance: int
    seq: int


class ShownAccount(TypedDict):
    """A partner's money, minor units."""

    partner: str
    balance: int
    credit_limit: int
    available: int
    low: int | None
    currency: str


class ShownEntry(TypedDict):
    """One movement of an account."""

    id: str
    kind: str
    amount: int
    balance_after: int
    order_no: str | None
    reference: str | None
    created_at: datetime


class OwnKey(TypedDict):
    """The command line's own key; its secrets are wrapped."""

    key_id: str
    signing_key: bytes
    delivery_key: bytes


class WorkingKey(TypedDict):
    """The secrets of a key that works, wrapped."""

    signing_key: bytes
    delivery_key: bytes


class LockedKey(TypedDict):
    """A key that nobody else changes."""

    key_id: str
    partner_id: int
    partner: str
    scopes: Sequence[str]
    allow_ips: Sequence[str]
    rate_per_s: int | None
    expires_at: datetime | None
    state: str


class SQL(Statements, file="partners/administration"):
    """Asked within an operator's transaction."""

    insert_partner: Statement[[str, bytes], int]
    insert_account: Statement[[int], int]
    insert_zone: Statement[[int, str], None]
    change_zone: Statement[[int, str], None]
    zone_is_known: Statement[[str], bool]
    list_partners: Statement[[], Row]
    show_partner: Statement[[str], ShownPartner]
    lock_account: Statement[[str], LockedAccount]
    entry_by_reference: Statement[[int, str, str], KnownEntry]
    announce_money: Statement[[int], None]
    insert_entry: Statement[[int, str, int, str], MadeEntry]
    insert_adjustment: Statement[[int, int, str, str], int]
    tell_balance_low: Statement[[int], None]
    set_credit_limit: Statement[[int, int], int]
    set_low: Statement[[int, int | None], int]
    show_account: Statement[[str], ShownAccount]
    newest_entries: Statement[[str, int], ShownEntry]
    insert_key: Statement[
        [str, int, bytes, bytes, Sequence[str], Sequence[str], int | None, str | None], str
    ]
    own_key: Statement[[int, str], OwnKey]
    working_key: Statement[[str], WorkingKey]
    lock_key: Statement[[str], LockedKey]
    expire_key: Statement[[str, float], datetime]
    revoke_key: Statement[[str], datetime]
    list_keys: Statement[[str | None], Row]
    trace_partner: Statement[[str], Row]
    trace_zone: Statement[[str], Row]
    trace_key: Statement[[str], Row]
