"""A connection to Redis, as an address says, and what is wrong with one, in a sentence."""

import asyncio
import contextlib
import ssl
from collections.abc import Iterable, Sequence
from typing import Any, Final

from redis.asyncio import Redis
from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    NoPermissionError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)
from redis.exceptions import TimeoutError as RedisTimeoutError

from gateway.ground.redis.address import Kind, RedisAddress
from gateway.ground.redis.library import Library

VERSION_MIN: Final = 7
CONNECT_S: Final = 1.0
SAID_MAX: Final = 120  # letters of what a server says that is shown


class UnfitError(Exception):
    """A Redis that answers but cannot be used; the text says why."""


# The first that fits: kinds of errors, or how what is said begins, and what we say.
COMPLAINTS: Final[Sequence[tuple[tuple[type[BaseException], ...], tuple[str, ...], str]]] = (
    ((UnfitError,), (), "{said}"),
    (
        (AuthenticationError,),
        ("WRONGPASS", "NOAUTH"),
        "it refuses the user or password of the address",
    ),
    ((NoPermissionError,), ("NOPERM",), "its user may not do what is needed: {said}"),
    (
        (ReadOnlyError,),
        (),
        "it is a replica and takes no writes; give the address of the primary or of sentinels",
    ),
    ((TimeoutError, RedisTimeoutError), ("Timeout",), "it does not answer in time"),
    ((ResponseError,), (), "it answers: {said}"),
    ((RedisError, OSError), (), "it cannot be reached: {said}"),
)


def make_client(address: RedisAddress) -> Any:
    """A client, not connected yet. It repeats nothing by itself: whoever asks knows when to."""
    common: dict[str, Any] = {
        "username": address.username,
        "password": address.password,
        "socket_timeout": CONNECT_S,
        "socket_connect_timeout": CONNECT_S,
        "client_name": "quangate",
    }
    if address.tls:
        common |= {
            "ssl": True,
            "ssl_ca_certs": address.ca_file,
            "ssl_cert_reqs": ssl.CERT_REQUIRED if address.verifies else ssl.CERT_NONE,
            "ssl_check_hostname": address.verifies,
        }
    if address.kind is Kind.CLUSTER:
        nodes = [ClusterNode(host, port) for host, port in address.hosts]
        return RedisCluster(startup_nodes=nodes, retry=Retry(NoBackoff(), 1), **common)
    once = Retry(NoBackoff(), 0)
    if address.kind is Kind.SENTINEL:
        asked = {
            name: value for name, value in common.items() if name.startswith(("socket", "ssl"))
        }
        asked |= {
            "username": address.sentinel_username,
            "password": address.sentinel_password,
            "retry": once,
        }
        sentinel: Any = Sentinel(list(address.hosts), sentinel_kwargs=asked)  # type: ignore[no-untyped-call]
        return sentinel.master_for(address.service, db=address.database, retry=once, **common)
    if address.path is not None:
        return Redis(unix_socket_path=address.path, db=address.database, retry=once, **common)
    host, port = address.hosts[0]
    return Redis(host=host, port=port, db=address.database, retry=once, **common)


async def prepare(client: Any, libraries: Iterable[Library]) -> str:
    """Connect, look whether it can be used, and load functions; what it is, for people.

    Raises UnfitError, RedisError, OSError.
    """
    if isinstance(client, RedisCluster):
        await client.initialize()
        told = await client.info("server", target_nodes=client.get_random_node())
    else:
        told = await client.info("server")
    name = "Valkey" if "valkey_version" in told else "Redis"
    version = str(told.get("valkey_version", told.get("redis_version", "0")))
    first = version.partition(".")[0]
    if not first.isdigit() or int(first) < VERSION_MIN:
        raise UnfitError(f"{name} {version[:20]} is too old: {VERSION_MIN} or newer, or Valkey")
    for library in libraries:
        await client.function_load(library.text, replace=True)
    return f"{name} {version[:20]}"


async def close(client: Any) -> None:
    """Let all its connections go, also those to sentinels. What does not end in time is left."""
    with contextlib.suppress(Exception):
        async with asyncio.timeout(CONNECT_S):
            pool = getattr(client, "connection_pool", None)
            await client.aclose()
            for sentinel in getattr(getattr(pool, "sentinel_manager", None), "sentinels", ()):
                await sentinel.aclose()


async def look(address: RedisAddress) -> str:
    """What is there, for people. Raises what `prepare` does, or TimeoutError."""
    client = make_client(address)
    try:
        async with asyncio.timeout(CONNECT_S):
            return await prepare(client, ())
    finally:
        await close(client)


def complaint(error: BaseException) -> str:
    """What is wrong, in words that hold no password and no more than the server said."""
    said = " ".join(str(error).split())[:SAID_MAX]
    for kind, beginnings, words in COMPLAINTS:
        if isinstance(error, kind) or said.startswith(beginnings):
            return words.format(said=said or type(error).__name__)
    return f"it answers with something else than Redis does ({type(error).__name__})"
