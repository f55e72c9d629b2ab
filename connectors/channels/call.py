"""A request of a house, as it came."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Behind its channel's name: `path` begins with `/`, `query` is as it was sent. Header names
    are in lower case. `now` in Unix seconds."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    now: float
