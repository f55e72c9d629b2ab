"""A route's twin: what answers in its place when a key of another world has signed.

The gate raises it once the request is proved, so that no handler can mistake such a key for one of
its own, and a route without a twin has nothing for it. Whoever signs with an ordinary key never
comes here.
"""

from typing import Any


class ForTwinError(Exception):
    """A proved request for the twin of its route: whose it is, and its body."""

    def __init__(self, key: Any, body: bytes) -> None:
        super().__init__()
        self.key = key
        self.body = body
