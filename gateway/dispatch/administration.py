"""What its actions and views ask, statement by statement."""

from datetime import datetime
from typing import TypedDict

from gateway.ground.sql.declared import Row, Statement, Statements


class StoredUpstream(TypedDict):
    """A platform account; its settings are wrapped."""

    connector: str
    base_url: str
    settings: bytes


class LaneState(TypedDict):
    """A lane as one worker sees it."""

    upstream: str
    product_id: str
    breaker: str
    reason: str | None
    waiting: int
    under_way: int
    calls: int
    failures: int
    success_rate: float | None
    latency_s: float | None
    updated_at: datetime


class AttemptsOfHour(TypedDict):
    """What became of an upstream's attempts of an hour; None: none of them is over."""

    hour: datetime
    attempts: int
    succeeded: int
    failed: int
    seconds: float | None


class SQL(Statements, file="dispatch/administration"):
    """Asked within an operator's transaction."""

    insert_upstream: Statement[[str, str, str, bytes, str, float | None], int]
    list_upstreams: Statement[[str | None], Row]
    stored_upstream: Statement[[str], StoredUpstream]
    update_upstream: Statement[[str, str | None, bytes | None, float | None], int]
    set_paused: Statement[[str, bool], int]
    lane_states: Statement[[str | None], LaneState]
    trace_upstream: Statement[[str], Row]
    attempts_by_hour: Statement[[str], AttemptsOfHour]
    this_hour: Statement[[], datetime]
