"""An HTTP/1.1 client for one kind of question: could the request have been read?

`client` keeps connections and holds deadlines, `dialer` makes connections, `connection` speaks on
one of them, `request` writes a request's bytes. It knows no platform, follows no redirect, keeps
no cookie, reads no proxy settings and unpacks nothing.

Why its own, on httptools' parser (llhttp) and aiohappyeyeballs: whoever writes the bytes knows
exactly whether any were written, where a general client has to be asked by tracing and re-sends
some requests by itself; and it costs a quarter of aiohttp's (README of this library).
"""

from connectors.http1.client import ClientLimits, HttpClient
from connectors.http1.connection import AnswerTooLongError, StaleConnectionError
from connectors.http1.dialer import (
    AddressInfo,
    AddressRefusedError,
    Dialer,
    Resolve,
    look_up,
    resolve_apart,
)

__all__ = [
    "AddressInfo",
    "AddressRefusedError",
    "AnswerTooLongError",
    "ClientLimits",
    "Dialer",
    "HttpClient",
    "Resolve",
    "StaleConnectionError",
    "look_up",
    "resolve_apart",
]
