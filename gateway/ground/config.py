"""Settings: a flag, else `QUANGATE_…`, else the config file, else the default. Read once."""

import difflib
import ipaddress
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from connectors.web_address import check_web_address
from gateway.ground.errors import ConfigError
from gateway.ground.http.address import Network
from gateway.ground.number import read_whole
from gateway.ground.redis.address import read_address
from gateway.ground.zone import read_zone

PREFIX = "QUANGATE_"
# Names that are not settings: the file's, the supervisor's own, and those the examples of a
# partner's programs read, which somebody may have set in the same shell.
OTHER_NAMES = frozenset(
    {
        "config", "worker_tie_fd", "worker_place", "worker_sockets",
        "url", "key", "secret", "delivery_key", "sku", "out_no", "webhook_secret",
    }
)  # fmt: skip

# Variables that say nothing when they are empty.
UNSET_WHEN_EMPTY = frozenset(
    {"database_url", "replica_url", "redis_url", "owner_url", "public_url", "anchors", "kek"}
)
# Settings whose value may be nothing: no networks, or "no".
MAY_BE_EMPTY = frozenset(
    {
        "trusted_proxies", "metrics_allow", "webhook_allow",
        "proxy_protocol", "allow_unsafe_database", "log_json",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything a process may be told. Durations in seconds, sizes in the unit of the name."""

    data: Path = Path("quangate-data")
    kek: Path | None = None  # the key file; None: DATA/kek
    database_url: str | None = None
    replica_url: str | None = None  # of a standby: reads that may lag
    replica_lag_s: int = 30  # what that standby may be behind; further, the primary is asked
    redis_url: str | None = None  # what may be lost: rates over nodes, hints
    owner_url: str | None = None  # of the role that owns the tables: migrations
    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 1
    public_url: str | None = None
    trusted_proxies: tuple[Network, ...] = ()
    proxy_protocol: bool = False
    metrics_allow: tuple[Network, ...] = ()
    webhook_allow: tuple[Network, ...] = ()
    allow_unsafe_database: bool = False
    statement_cache: int = 256  # per connection; 0: none, if what is between cannot have them
    database_connections: int = 12  # of a worker, besides the three that commit and listen
    queue_lines_max: int = 20_000  # order lines waiting for a commit; more are shed
    commit_lines_max: int = 768  # order lines in one commit
    lease_ttl_s: int = 30
    zone: str = "UTC"  # of times in code files that name none
    anchors: str | None = None  # where chain heads are written; None: DATA/anchors; "off"
    drain_s: int = 25  # SIGTERM: how long requests in flight may take
    keep_callback_days: int = 90  # what platforms told us; 0: for ever
    keep_webhook_days: int = 90  # messages that were delivered or given up
    keep_lease_days: int = 30  # closed ones
    keep_channel_order_days: int = 90  # results that were told
    keep_quota_count_days: int = 90  # what was had of quotas on days and in hours that are over
    keep_sandbox_days: int = 7  # orders of the sandbox
    keep_case_days: int = 730  # cases that are over and moved nothing
    log_level: str = "info"
    log_json: bool = False

    @property
    def key_file(self) -> Path:
        """Where the key file is."""
        return self.data / "kek" if self.kek is None else self.kek


def load_config(
    *, flags: Mapping[str, Any], environment: Mapping[str, str], file: Path | None
) -> Config:
    """Merge the four sources; `flags` that are None count as not given.

    Raises ConfigError naming the key and where it came from. An empty value stops the start, apart
    from a variable for an address that need not be given: compose files write it empty to say so.
    An unknown key does when it is in the file or looks like a misspelt setting; other unknown
    variables are left alone (Kubernetes injects some), and are for `unknown_variables` to name.
    """
    names, values = {field.name for field in fields(Config)}, dict[str, Any]()
    config_file = file or (Path(named) if (named := environment.get("QUANGATE_CONFIG")) else None)
    if config_file is not None:
        for key, value in _read_file(config_file).items():
            if key not in names:
                raise ConfigError(f"{config_file}: unknown setting {key!r}{_suggest(key, names)}")
            values[key] = _parse(key, value, f"{config_file}: {key}")
    for variable, text in environment.items():
        if not variable.startswith(PREFIX) or variable == "QUANGATE_CONFIG":
            continue
        key = variable.removeprefix(PREFIX).lower()
        if key in names:
            unset = text == "" and key in UNSET_WHEN_EMPTY
            values[key] = None if unset else _parse(key, text, variable)
        elif key not in OTHER_NAMES and (suggestion := _suggest(key, names | {"config"})):
            raise ConfigError(f"unknown setting {variable}{suggestion}")
    for key, value in flags.items():
        if value is not None:
            values[key] = _parse(key, value, _FLAGS.get(key, f"--{key.replace('_', '-')}"))
    return Config(**values)


def as_environment(config: Config) -> dict[str, str]:
    """All settings as variables from which `load_config` makes the same ones again."""
    return {
        f"{PREFIX}{field.name.upper()}": _as_text(getattr(config, field.name))
        for field in fields(Config)
    }


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"config file {path} does not exist") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"config file {path}: {error}") from None


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """`QUANGATE_…` variables that mean nothing: to be named, for one may be meant as a setting."""
    known = {field.name for field in fields(Config)} | OTHER_NAMES
    return sorted(
        variable
        for variable in environment
        if variable.startswith(PREFIX) and variable.removeprefix(PREFIX).lower() not in known
    )


def _suggest(key: str, names: set[str]) -> str:
    close = difflib.get_close_matches(key, names, n=1, cutoff=0.84) or sorted(
        (name for name in names if _is_slip(key, name)), key=len
    )
    return f"; did you mean {close[0]}?" if close else ""


def _is_slip(key: str, name: str) -> bool:
    """Whether one letter too many, too few, wrong or swapped makes the one of the other.

    Or a word left out or out of place: `database` of `database_url`, `url_database`.
    """
    if len(key) < 4:
        return False
    if set(key.split("_")) <= set(name.split("_")):
        return True
    short, long = sorted((key, name), key=len)
    same = next((at for at, letter in enumerate(short) if letter != long[at]), len(short))
    left, right = short[same:], long[same:]
    return (
        left == right[1:]
        or left[1:] == right[1:]
        or (left[:2] == right[:2][::-1] and left[2:] == right[2:])
    )


def _parse(key: str, value: Any, source: str) -> Any:
    if str(value) == "" and key not in MAY_BE_EMPTY:
        raise ConfigError(f"{source} is empty: leave it out for the default")
    try:
        return _PARSERS[key](value)
    except (ValueError, TypeError) as error:
        raise ConfigError(f"{source}: {error}") from None


def _directory(value: Any) -> Path:
    path = Path(value)
    there = next((step for step in (path, *path.parents) if os.path.lexists(step)), None)
    if there is not None and not there.is_dir():
        raise ConfigError(f"{there} is no directory, so {path} cannot be the data directory")
    return path


def _key_file(value: Any) -> Path:
    path = Path(value)
    if path.is_dir():
        raise ConfigError(f"{path} is a directory: name the key file in it, {path / 'kek'}")
    if not path.parent.is_dir():
        raise ConfigError(f"there is no directory {path.parent} for the key file {path.name}")
    return path


def _database(value: Any) -> str:
    text = str(value)
    if not text.isprintable() or " " in text:  # the text is not repeated: it has a password
        raise ValueError("must be a URL without blanks, also around it")
    return text


def _redis(value: Any) -> str:
    text = str(value)
    read_address(text)  # what it complains of, it does not repeat
    return text


def _address(value: Any) -> str:
    return check_web_address(str(value))


def _host(value: Any) -> str:
    text = str(value)
    if not text.isprintable() or " " in text:
        raise ValueError(f"{text!r} is no host: 127.0.0.1, 0.0.0.0 for every address, a name")
    return text


def _number(low: int, high: int) -> Any:
    def parse(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            raise ValueError(f"{value!r} is not a whole number")  # noqa: TRY004  said of the value
        number = read_whole(value) if isinstance(value, str) else value
        if not low <= number <= high:
            raise ValueError(f"{value} is not between {low} and {high}")
        return number

    return parse


def _switch(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    words = {
        **dict.fromkeys(("1", "true", "yes", "on"), True),
        **dict.fromkeys(("0", "false", "no", "off", ""), False),
    }
    if str(value).lower() not in words:
        raise ValueError(f"{value!r} is neither true nor false")
    return words[str(value).lower()]


def _networks(value: Any) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(part, strict=False) for part in _parts(value))


def _trusted(value: Any) -> tuple[Network, ...]:
    # Strictly: a host part that is set is a mistake in what is trusted.
    return tuple(ipaddress.ip_network(part) for part in _parts(value))


def _parts(value: Any) -> list[str]:
    """Texts of a list, or of one text with commas, which may have nothing between two of them."""
    if isinstance(value, (list, tuple)):
        return [str(part).strip() for part in value]
    return [part.strip() for part in str(value).split(",") if part.strip()]


def _level(value: Any) -> str:
    level = str(value).lower()
    if level not in {"debug", "info", "warning", "error"}:
        raise ValueError(f"{value!r} is not one of debug, info, warning, error")
    return level


def _anchors(value: Any) -> str | None:
    """A directory, `off`, or None for the usual place; a plain yes or no is no name of one."""
    try:
        return None if _switch(value) else "off"
    except ValueError:
        return str(value)


_FLAGS: Mapping[str, str] = {"trusted_proxies": "--trusted-proxy"}  # given once for each


def _zone(value: Any) -> str:
    read_zone(str(value))
    return str(value)


_PARSERS: Mapping[str, Any] = {
    "data": _directory,
    "kek": _key_file,
    "database_url": _database,
    "replica_url": _database,
    "replica_lag_s": _number(1, 86_400),
    "redis_url": _redis,
    "owner_url": _database,
    "host": _host,
    "port": _number(0, 65_535),
    "workers": _number(1, 256),
    "public_url": _address,
    "trusted_proxies": _trusted,
    "proxy_protocol": _switch,
    "metrics_allow": _networks,
    "webhook_allow": _networks,
    "allow_unsafe_database": _switch,
    "statement_cache": _number(0, 10_000),
    "database_connections": _number(4, 200),
    "queue_lines_max": _number(1, 10_000_000),
    "commit_lines_max": _number(1, 5_000),
    "lease_ttl_s": _number(3, 3_600),
    "zone": _zone,
    "anchors": _anchors,
    "drain_s": _number(1, 3_600),
    "keep_callback_days": _number(0, 36_500),
    "keep_webhook_days": _number(0, 36_500),
    **dict.fromkeys(("keep_lease_days", "keep_channel_order_days"), _number(0, 36_500)),
    "keep_quota_count_days": _number(0, 36_500),
    "keep_sandbox_days": _number(7, 365),
    "keep_case_days": _number(0, 36_500),
    "log_level": _level,
    "log_json": _switch,
}
