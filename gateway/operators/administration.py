"""What its actions and views ask, statement by statement."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from gateway.ground.sql.declared import Row, Statement, Statements


class ShownOperator(TypedDict):
    """Somebody who works here, or worked."""

    operator: str
    person: str
    partner: str | None
    roles: Sequence[str]
    enabled: bool
    frozen: bool
    disabled_at: datetime | None
    frozen_at: datetime | None
    recovery_codes_left: int
    made_by: str
    created_at: datetime


class Colleague(TypedDict):
    """Somebody enabled who could decide, as far as who he is goes."""

    operator: str
    person: str
    roles: Sequence[str]


class Viewer(TypedDict):
    """Somebody who wants to see a code."""

    frozen: bool
    counted_since: datetime


class Credentials(TypedDict):
    """What somebody shows to be an operator is held against this."""

    id: int
    password: str
    totp_secret: bytes
    partner_id: int | None  # whose person; None: the shop's own
    enabled: bool
    now_s: float  # by the database's clock


class ListedRole(TypedDict):
    """A role, and how many have it."""

    role: str
    operators: int
    created_at: datetime


class Deviation(TypedDict):
    """What was granted to a role, or taken away."""

    role: str
    permission: str
    granted: bool


class RevokedToken(TypedDict):
    """A token that is over."""

    token_id: str
    operator: str
    revoked_at: datetime


class SQL(Statements, file="operators/administration"):
    """Asked within an operator's transaction."""

    insert_operator: Statement[[str, str, str, bytes, str, str | None, int | None], int]
    list_operators: Statement[[], Row]
    show_operator: Statement[[str], ShownOperator]
    colleagues: Statement[[str, datetime | None, float], Colleague]
    disable_operator: Statement[[str], int]
    enable_operator: Statement[[str], int]
    unfreeze_operator: Statement[[str], int]
    freeze_operator: Statement[[str], int]
    hold_viewer: Statement[[str], Viewer]
    set_password: Statement[[str, str], int]
    set_totp_secret: Statement[[str, bytes], int]
    forget_recovery_codes: Statement[[str], None]
    set_recovery_codes: Statement[[str, Sequence[bytes]], None]
    add_roles: Statement[[str, Sequence[str]], None]
    remove_roles: Statement[[str, Sequence[str]], None]
    list_role_names: Statement[[], str]
    list_roles: Statement[[], ListedRole]
    role_by_name: Statement[[str], int]
    insert_role: Statement[[str], int]
    role_deviations: Statement[[], Deviation]
    set_role_permission: Statement[[str, str, bool], int]
    insert_token: Statement[
        [str, str, str, bytes, Sequence[str] | None, str, int, str | None], datetime
    ]
    list_tokens: Statement[[str | None], Row]
    hands: Statement[[str, str | None, float], str]
    note_reset: Statement[[str, Sequence[str]], None]
    hold_credentials: Statement[[str], Credentials]
    spend_step: Statement[[int, int], int]
    spend_recovery_code: Statement[[int, bytes], int]
    revoke_token: Statement[[str], RevokedToken]
    trace_operator: Statement[[str], Row]
    trace_role: Statement[[str], Row]
    trace_token: Statement[[str], Row]
