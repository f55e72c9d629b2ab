"""Where Redis is: what people write into `--redis-url`, read once. Pure; a password is never shown.

```
redis://[USER:PASSWORD@]HOST[:6379][/DB]            rediss:// the same over TLS
unix:///PATH[?db=DB]
redis+sentinel://[USER:PASSWORD@]HOST[:26379],HOST…/SERVICE[/DB]
redis+cluster://[USER:PASSWORD@]HOST[:6379],HOST…   rediss+… the same over TLS
```
`valkey` may stand for `redis` in each.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

PORT: Final = 6379
SENTINEL_PORT: Final = 26_379
DATABASES: Final = 1 << 14
WORDS: Final = frozenset(
    {"db", "ssl_ca_certs", "ssl_cert_reqs", "sentinel_username", "sentinel_password"}
)
VERIFYING: Final = ("required", "none")


class Kind(Enum):
    """What is asked first."""

    SERVER = "server"
    SENTINEL = "sentinel"
    CLUSTER = "cluster"


SCHEMES: Final[Mapping[str, tuple[Kind, bool]]] = {
    "redis": (Kind.SERVER, False),
    "rediss": (Kind.SERVER, True),
    "unix": (Kind.SERVER, False),
    "redis+sentinel": (Kind.SENTINEL, False),
    "rediss+sentinel": (Kind.SENTINEL, True),
    "redis-sentinel": (Kind.SENTINEL, False),
    "rediss-sentinel": (Kind.SENTINEL, True),
    "sentinel": (Kind.SENTINEL, False),
    "redis+cluster": (Kind.CLUSTER, False),
    "rediss+cluster": (Kind.CLUSTER, True),
    "redis-cluster": (Kind.CLUSTER, False),
    "rediss-cluster": (Kind.CLUSTER, True),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisAddress:
    """One address, read. `hosts` are the server, the sentinels or some of the cluster's nodes."""

    kind: Kind
    tls: bool
    hosts: tuple[tuple[str, int], ...]
    path: str | None = None  # of a Unix socket; then there are no hosts
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    sentinel_username: str | None = None
    sentinel_password: str | None = field(default=None, repr=False)
    database: int = 0
    service: str = ""  # what the sentinels call it
    ca_file: str | None = None
    verifies: bool = True  # the certificate, with TLS

    @property
    def shown(self) -> str:
        """For people: without user and password."""
        if self.path is not None:
            return f"unix://{self.path}"
        places = ",".join(f"{_bracketed(host)}:{port}" for host, port in self.hosts)
        scheme = ("rediss" if self.tls else "redis") + (
            "" if self.kind is Kind.SERVER else f"+{self.kind.value}"
        )
        service = f"/{self.service}" if self.service else ""
        database = f"/{self.database}" if self.kind is not Kind.CLUSTER else ""
        return f"{scheme}://{places}{service}{database}"


def read_address(text: str) -> RedisAddress:
    """Read an address. Raises ValueError with a sentence that repeats nothing secret."""
    if not text.isprintable() or " " in text:
        raise ValueError("the Redis address must be a URL without blanks, also around it")
    scheme, separator, rest = text.partition("://")
    scheme = scheme.lower().replace("valkeys", "rediss").replace("valkey", "redis")
    if not separator or scheme not in SCHEMES:
        raise ValueError(
            "the Redis address is to begin with redis://, rediss://, unix://, redis+sentinel:// "
            "or redis+cluster://"
        )
    kind, tls = SCHEMES[scheme]
    try:
        parts = urlsplit(f"x://{rest}")
    except ValueError:
        raise ValueError("the Redis address has a host that is none") from None
    words = _words(parts.query)
    user, _, places = parts.netloc.rpartition("@")
    username, _, password = user.partition(":")
    common = {
        "kind": kind,
        "tls": tls,
        "username": unquote(username) or None,
        "password": unquote(password) or None,
        "sentinel_username": words.get("sentinel_username"),
        "sentinel_password": words.get("sentinel_password"),
        "ca_file": words.get("ssl_ca_certs"),
        "verifies": words.get("ssl_cert_reqs", "required") != "none",
    }
    if scheme == "unix":
        return _socket(unquote(parts.path), places, words, common)
    hosts = _hosts(places, SENTINEL_PORT if kind is Kind.SENTINEL else PORT)
    path = [unquote(part) for part in parts.path.strip("/").split("/") if part]
    service = ""
    if kind is Kind.SENTINEL:
        if not path:
            raise ValueError(
                "the Redis address names sentinels but not what they watch: "
                "redis+sentinel://HOST:26379,HOST:26379/SERVICE"
            )
        service, path = path[0], path[1:]
    elif kind is Kind.SERVER and len(hosts) > 1:
        raise ValueError(
            "the Redis address names several hosts: say redis+sentinel:// or redis+cluster://"
        )
    if len(path) > 1:
        raise ValueError("the Redis address has more after the host than the database's number")
    database = _database(path[0] if path else words.get("db", "0"))
    if kind is Kind.CLUSTER and database:
        raise ValueError("a Redis cluster has no database but 0")
    return RedisAddress(hosts=hosts, service=service, database=database, **common)  # type: ignore[arg-type]


def _socket(
    path: str, places: str, words: Mapping[str, str], common: Mapping[str, object]
) -> RedisAddress:
    if places or not path.strip("/"):
        raise ValueError("a Unix socket is written unix:///PATH, with three slashes")
    database = _database(words.get("db", "0"))
    return RedisAddress(hosts=(), path=path, database=database, **common)  # type: ignore[arg-type]


def _words(query: str) -> dict[str, str]:
    words = {name.lower(): value for name, value in parse_qsl(query, keep_blank_values=True)}
    for name in words:
        if name not in WORDS:
            raise ValueError(
                f"the Redis address says {name[:40]!r}, which nothing here understands; "
                f"there are {', '.join(sorted(WORDS))}"
            )
    if words.get("ssl_cert_reqs", "required") not in VERIFYING:
        raise ValueError(f"ssl_cert_reqs of the Redis address is one of {', '.join(VERIFYING)}")
    return words


def _hosts(places: str, port: int) -> tuple[tuple[str, int], ...]:
    hosts = []
    for place in places.split(","):
        try:
            one = urlsplit(f"x://{place}")
            host, at = one.hostname, one.port
        except ValueError:
            raise ValueError(
                "the Redis address has a port that is none (a @ or / in a password is "
                "written %40, %2F)"
            ) from None
        if not host or one.path or "@" in place:
            raise ValueError("the Redis address has no host: redis://HOST:6379")
        hosts.append((host, port if at is None else at))
    return tuple(hosts)


def _database(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < DATABASES):
        raise ValueError("the database of the Redis address is a number: redis://HOST:6379/0")
    return int(text)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
