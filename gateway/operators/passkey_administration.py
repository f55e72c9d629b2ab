"""Passkeys in the database, statement by statement."""

from datetime import datetime
from typing import TypedDict

from gateway.ground.sql.declared import Row, Statement, Statements


class KeptPasskey(TypedDict):
    """One that is not revoked: what an answer is held against, and whose it is."""

    passkey_id: str
    operator_id: int
    operator: str
    public_key: bytes
    sign_count: int
    site: str


class RevokedPasskey(TypedDict):
    """One that is over."""

    passkey_id: str
    operator: str
    revoked_at: datetime


class SQL(Statements, file="operators/passkey_administration"):
    """Asked within a transaction of the desk."""

    list_passkeys: Statement[[str | None], Row]
    live_passkeys: Statement[[int, str], bytes]
    count_passkeys: Statement[[int], int]
    insert_passkey: Statement[[str, int, bytes, bytes, str, str, int], str]
    passkey_of: Statement[[bytes], KeptPasskey]
    use_passkey: Statement[[str, int], str]
    spend_challenge: Statement[[bytes], datetime]
    forget_answers: Statement[[float], None]
    revoke_passkey: Statement[[str, str | None], RevokedPasskey]
    revoke_passkeys: Statement[[str], None]
    the_time: Statement[[], float]
    trace_passkey: Statement[[str], Row]
