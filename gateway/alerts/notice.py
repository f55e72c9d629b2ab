"""What a place is to be told, as the database has it."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenPlace:
    """A place this worker tells now; `settings` are wrapped."""

    id: int
    name: str
    kind: str
    settings: bytes = field(repr=False)
    failures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One thing to tell, with its alert as it is now."""

    notice_id: int
    event: str
    alert: str
    kind: str
    subject: str
    level: str
    detail: str
    since: datetime
