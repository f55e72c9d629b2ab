"""One action of the desk, and what its row of the log says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Act:
    """A command; what its row says. `{key}` and the like are from answers before."""

    does: str
    words: str
    subject: str
    before: Mapping[str, Any] = field(default_factory=dict)  # "row.column": value
    after: Mapping[str, Any] = field(default_factory=dict)
    rows: int = 1  # that it leaves; of more than one the last is told here
    prepared: str = ""  # what no command brings about: SQL, as the owner
