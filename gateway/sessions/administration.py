"""Sessions and failures in the database."""

from dataclasses import dataclass
from datetime import datetime

from gateway.ground.sql.declared import Statement, Statements
from gateway.sessions.rules import Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSession:
    """A session that is not over, of an operator who is not disabled."""

    session_id: str
    operator_id: int
    name: str
    person: str
    is_frozen: bool
    address: str
    signed_in_at: datetime
    ends_at: datetime
    stepped_up: bool
    unseen: bool
    has_passkey: bool


class SQL(Statements, file="sessions/administration"):
    """On a connection of the desk."""

    enabled_operators: Statement[[], bool]
    password_of: Statement[[str], str]
    failures: Statement[[bytes, float], Failure]
    insert_failure: Statement[[bytes, str], None]
    clear_failures: Statement[[bytes], None]
    insert_session: Statement[[str, int, bytes, str], None]
    live_session: Statement[[bytes, float, float, float, float], LiveSession]
    mark_seen: Statement[[str], None]
    renew: Statement[[str, bytes], None]
    end_session: Statement[[str], None]
    forget_sessions: Statement[[float], None]
    count_sessions: Statement[[float, float], int]
    forget_failures: Statement[[float], None]
