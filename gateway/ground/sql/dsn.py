"""What people write into a PostgreSQL URL, made one that our driver understands.

The driver takes every word it does not know for a setting of the server, so that a word of
another client ends as an error of the server, or as nothing at all. Here each word is kept,
left out because it changes nothing that counts, or named with what to write instead.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode

from gateway.ground.errors import ConfigError


class Wanted(StrEnum):
    """Which of the servers that a URL names will do."""

    ANY = "any"
    PRIMARY = "primary"  # it takes writes
    STANDBY = "standby"


CONNECT_TIMEOUT_S: Final = 10.0
CONNECT_TIMEOUT_S_MAX: Final = 600

KEPT: Final = frozenset((
    "host", "port", "dbname", "database", "user", "password", "passfile", "sslmode",
    "sslcert", "sslkey", "sslrootcert", "sslcrl", "sslpassword", "sslnegotiation",
    "ssl_min_protocol_version", "ssl_max_protocol_version", "target_session_attrs",
    "krbsrvname", "gsslib", "service", "servicefile", "options",
))  # fmt: skip
# Words of libpq, JDBC, Prisma and others about things we decide ourselves, or do not need.
LEFT_OUT: Final = frozenset((
    "application_name", "fallback_application_name", "keepalives", "keepalives_idle",
    "keepalives_interval", "keepalives_count", "tcp_user_timeout", "gssencmode",
    "gssdelegation", "sslcompression", "sslsni", "load_balance_hosts", "client_encoding",
    "connection_limit", "pool_timeout", "pool_max_conns", "statement_cache_size",
    "prepared_statement_cache_size", "preparethreshold", "tcpkeepalive", "sockettimeout",
    "logintimeout", "socket_timeout", "stringtype",
))  # fmt: skip
SCHEMAS: Final = frozenset({"schema", "currentschema", "search_path"})
ATTRIBUTES: Final = "target_session_attrs"
_WANTED: Final = {
    **dict.fromkeys(("any", "prefer-standby"), Wanted.ANY),
    **dict.fromkeys(("read-write", "primary"), Wanted.PRIMARY),
    **dict.fromkeys(("read-only", "standby"), Wanted.STANDBY),
}
SSL_MODES: Final = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
VERIFYING: Final = ("verify-ca", "verify-full")
POOLER: Final = (
    "a connection pooler (PgBouncer, Supavisor, RDS Proxy …) stands between us and PostgreSQL. "
    "Quangate holds locks and listens on connections of its own, which a pooler takes away: "
    "give the direct address of the server (its own port, often 5432, not the pooler's)"
)


@dataclass(frozen=True, slots=True)
class Target:
    """A URL, and how long a connection may take to come about, in seconds.

    `addresses` are URLs as well, of one server each, in the order they were named.
    """

    url: str
    timeout_s: float
    addresses: tuple[str, ...]
    wanted: Wanted


def understand(url: str, *, lagging: bool = False) -> Target:
    """Read a PostgreSQL URL. Raises ConfigError with a sentence; it never repeats a password.

    `lagging`: of servers for reads alone; a standby will do.
    """
    head, _, query = url.partition("?")
    _check_scheme(head)
    kept: list[tuple[str, str]] = []
    told: dict[str, str] = {}
    for word, value in parse_qsl(query, keep_blank_values=True):
        name = word.lower()
        told[name] = value
        if name in KEPT:
            kept.append((name, value))
        elif name not in LEFT_OUT and name not in _READ:
            raise _wrong(
                f"it says {word!r}, which nothing here understands; take it out"
                + (" (say sslmode=require instead)" if name.startswith("ssl") else "")
            )
    for name, value in told.items():
        if name in _READ:
            _READ[name](value, told)
    timeout_s = float(told.get("connect_timeout") or 0) or CONNECT_TIMEOUT_S
    addresses = _addresses(head, [pair for pair in kept if pair[0] != ATTRIBUTES])
    wanted = _WANTED[told.get(ATTRIBUTES, "any")]
    if wanted is Wanted.ANY and len(addresses) > 1 and not lagging:
        wanted = Wanted.PRIMARY  # whoever names several means the one that takes writes
    return Target(_join(head, kept), timeout_s, addresses, wanted)


def _join(head: str, words: Sequence[tuple[str, str]]) -> str:
    return f"{head}?{urlencode(words, quote_via=quote)}" if words else head


def _addresses(head: str, words: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """The same URL for each of the servers it names."""
    scheme, _, rest = head.partition("://")
    authority, slash, database = rest.partition("/")
    login, at, servers = authority.rpartition("@")
    if servers:
        return tuple(
            _join(f"{scheme}://{login}{at}{server}{slash}{database}", words)
            for server in servers.split(",")
        )
    told = dict(words)
    hosts = told.pop("host", "").split(",")
    ports = told.pop("port", "").split(",")
    if len(ports) not in {1, len(hosts)}:
        raise _wrong("it names more or fewer ports than hosts")
    pairs = zip(hosts, ports * len(hosts) if len(ports) == 1 else ports, strict=True)
    return tuple(
        _join(head, [("host", host)] * bool(host) + [("port", port)] * bool(port) + [*told.items()])
        for host, port in pairs
    )


def forget_environment() -> None:
    """Take libpq's variables out of this process: a connection is what its URL says, no more."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]


def _check_scheme(head: str) -> None:
    scheme, separator, _ = head.partition("://")
    if not separator:
        raise _wrong("it is to be a URL: postgresql://USER:PASSWORD@HOST:5432/DATABASE")
    if scheme not in {"postgresql", "postgres"}:
        raise _wrong(f"it begins with {scheme[:20]!r}://; it is to begin with postgresql://")


def _check_timeout(value: str, told: dict[str, str]) -> None:  # noqa: ARG001
    if not value.isascii() or not value.isdigit() or int(value) > CONNECT_TIMEOUT_S_MAX:
        raise _wrong(f"connect_timeout is a number of seconds, at most {CONNECT_TIMEOUT_S_MAX}")


def _check_schema(value: str, told: dict[str, str]) -> None:  # noqa: ARG001
    if value.strip().strip('"') != "public":
        raise _wrong("Quangate's tables are in the schema public, and in no other: take it out")


def _check_binding(value: str, told: dict[str, str]) -> None:
    if value == "require" and told.get("sslmode") not in VERIFYING:
        raise _wrong(
            "channel_binding=require cannot be kept: our driver does not bind channels. What it "
            "guards against, somebody in between, sslmode=verify-full with sslrootcert does too: "
            "say that, or leave channel_binding out"
        )


def _check_pooler(value: str, told: dict[str, str]) -> None:  # noqa: ARG001
    if value.lower() not in {"false", "0", "no", ""}:
        raise _wrong(f"it says pgbouncer={value[:10]}: {POOLER}")


def _check_ssl_mode(value: str, told: dict[str, str]) -> None:  # noqa: ARG001
    if value not in SSL_MODES:
        instead = " (no-verify is called require)" if value == "no-verify" else ""
        raise _wrong(f"sslmode is one of {', '.join(SSL_MODES)}{instead}")


def _check_attributes(value: str, told: dict[str, str]) -> None:  # noqa: ARG001
    if value not in _WANTED:
        raise _wrong(f"target_session_attrs is one of {', '.join(sorted(_WANTED))}")


_READ: Final = {
    ATTRIBUTES: _check_attributes,
    "connect_timeout": _check_timeout,
    "channel_binding": _check_binding,
    "pgbouncer": _check_pooler,
    "sslmode": _check_ssl_mode,
    **dict.fromkeys(SCHEMAS, _check_schema),
}


def _wrong(what: str) -> ConfigError:
    return ConfigError(f"the database URL is not usable: {what}")
