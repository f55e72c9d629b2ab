"""How much a client has taken of what is written to it."""

import asyncio
import socket
from typing import Final

_TCP_INFO_BYTES: Final = 128
_ACKED_AT: Final = 120  # tcpi_bytes_acked of Linux ≥ 4.2 (linux/tcp.h)


def bytes_taken(wire: asyncio.Transport) -> int:
    """A number that changes when the client takes something: what its kernel acknowledged.

    That of our own buffer changes late: the kernel asks for more only when a third of its
    buffer, which may be megabytes, is free.
    """
    end = wire.get_extra_info("socket")
    try:
        info = end.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES)
    except (OSError, AttributeError):  # no TCP, or a system without it
        info = b""
    if len(info) < _TCP_INFO_BYTES:
        return wire.get_write_buffer_size()
    return int.from_bytes(info[_ACKED_AT : _ACKED_AT + 8], "little")
