"""Sessions of the portal in the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.ground.sql.declared import Statement, Statements


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSession:
    """A session that is not over: of a key that works, or of a person who is not disabled."""

    session_id: str
    partner_id: int
    partner: str
    key_id: str | None
    scopes: Sequence[str] | None
    allow_ips: Sequence[str] | None
    operator_id: int | None
    operator: str | None
    person: str | None
    ends_at: datetime
    stepped_up: bool
    unseen: bool


class SQL(Statements, file="sessions/portal_sessions"):
    """On a connection of the desk."""

    partner_of_key: Statement[[str], int]
    insert_session: Statement[[str, int, str | None, int | None, bytes, str], None]
    live_session: Statement[[bytes, float, float, float, float], LiveSession]
    mark_seen: Statement[[str], None]
    renew: Statement[[str, bytes], None]
    end_session: Statement[[str], None]
    forget_sessions: Statement[[float], None]
