"""The sockets a gateway listens on: one for each worker, made and kept by its supervisor.

The kernel spreads connections over them. A worker's successor has the same socket, so that whoever
waits there waits for the next one instead of being reset.
"""

import os
import socket
from collections.abc import Sequence

from gateway.ground.errors import ConfigError
from gateway.ground.http.public_url import authority


def bind(host: str, port: int, *, reuse_port: bool) -> socket.socket:
    """A bound, not yet listening socket; port 0 takes a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if reuse_port:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.bind((host, port))
        bound.setblocking(False)
    except BaseException:
        bound.close()
        raise
    return bound


def bind_all(host: str, port: int, count: int) -> Sequence[socket.socket]:
    """So many sockets of one port, none of which listens yet. Raises ConfigError.

    A port on which somebody listens is refused, also another gateway of ours that would share it.
    """
    try:
        first = bind(host, port, reuse_port=False)
        if count == 1:
            return [first]
        port = first.getsockname()[1]
        first.close()
        return [bind(host, port, reuse_port=True) for _ in range(count)]
    except OSError as error:
        why = error.strerror or str(error)
        raise ConfigError(f"cannot listen on {authority(host, port)}: {why}") from None


def inherited(descriptors: str) -> Sequence[socket.socket]:
    """Sockets by the numbers a supervisor gave, `3,4`; no child of ours has them."""
    sockets = [socket.socket(fileno=int(each)) for each in descriptors.split(",")]
    for each in sockets:
        each.setblocking(False)
        os.set_inheritable(each.fileno(), False)
    return sockets
