"""What runs beside the order path in every worker: dispatch to upstreams, webhooks to partners.

The worker starts them before it listens and stops them after it has drained. A service that
cannot start stops the start; a service that fails later logs and goes on (its work is rows). What
it wants to hear of (orders created, a catalog read) is subscribed where the worker is composed.
"""

from typing import Protocol


class Service(Protocol):
    """One thing that runs beside the order path."""

    async def start(self) -> None:
        """Begin; returns once it works."""

    async def stop(self) -> None:
        """Finish what is in flight and end; also what did not start wholly."""
