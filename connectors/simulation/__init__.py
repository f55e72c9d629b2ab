"""Simulated upstream platforms: real HTTP servers with a ledger, a fault script and callbacks.

`platform` is what one platform adds, `market` sells and settles, `behaviour` decides what goes
wrong, `delivery` sends callbacks, `server` has the routes and `listener` speaks HTTP. Production
wiring never imports this.
"""

from connectors.simulation.server import run, running

__all__ = ["run", "running"]
