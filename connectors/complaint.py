"""Complaining to a platform about an order it has taken: asking it to look again.

Only some platforms take complaints by API; a connector of one has a `complain` operation. Pure,
like every operation. For the others a person writes to them. What comes of it is told by the
order itself (a query, a callback) or by people: a complaint moves no money and proves nothing.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from connectors.contract import Context, Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """What is wrong with an attempt. `upstream_no` None: it is looked up by our number."""

    attempt_no: str
    text: str
    upstream_no: str | None = None


@runtime_checkable
class TakesComplaints(Protocol):
    """A connector whose platform takes complaints."""

    def complain(self, complaint: Complaint, context: Context) -> Exchange[bool]:
        """Whether the platform took it; said twice it may be two. Raises as `Connector.balance`."""
