"""Settings: a flag, else `QUANGATE_…`, else the config file, else the default. Read once."""

import difflib
import ipaddress
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from gateway.domain.address import Network
from gateway.domain.errors import ConfigError
from gateway.domain.zone import read_zone

PREFIX = "QUANGATE_"
# Names that are not settings: the file's, the supervisor's own, and those the examples of a
# partner's programs read, which somebody may have set in the same shell.
OTHER_NAMES = frozenset(
    {
        "config", "worker_tie_fd",
        "url", "key", "secret", "delivery_key", "sku", "out_no", "webhook_secret",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything a process may be told. Durations in seconds, sizes in the unit of the name."""

    data: Path = Path("quangate-data")
    database_url: str | None = None
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
    drain_s: int = 25  # SIGTERM: how long requests in flight may take
    keep_callback_days: int = 90  # what platforms told us; 0: for ever
    keep_webhook_days: int = 90  # messages that were delivered or given up
    keep_lease_days: int = 30  # closed ones
    keep_channel_order_days: int = 90  # results that were told
    log_level: str = "info"
    log_json: bool = False


def load_config(
    *, flags: Mapping[str, Any], environment: Mapping[str, str], file: Path | None
) -> Config:
    """Merge the four sources; `flags` that are None count as not given.

    Raises ConfigError naming the key and where it came from. An unknown key stops the start
    when it is in the file or looks like a misspelt setting; other unknown `QUANGATE_…`
    variables are left alone (Kubernetes injects some for a service of that name), and are for
    `unknown_variables` to name.
    """
    names = {field.name for field in fields(Config)}
    values: dict[str, Any] = {}
    config_file = file or (
        Path(environment["QUANGATE_CONFIG"]) if environment.get("QUANGATE_CONFIG") else None
    )
    if config_file is not None:
        for key, value in _read_file(config_file).items():
            if key not in names:
                raise ConfigError(f"{config_file}: unknown setting {key!r}{_suggest(key, names)}")
            values[key] = _parse(key, value, str(config_file))
    for variable, text in environment.items():
        if not variable.startswith(PREFIX) or variable == "QUANGATE_CONFIG":
            continue
        key = variable.removeprefix(PREFIX).lower()
        if key in names:
            values[key] = _parse(key, text, variable)
        elif key not in OTHER_NAMES and (suggestion := _suggest(key, names | {"config"})):
            raise ConfigError(f"unknown setting {variable}{suggestion}")
    for key, value in flags.items():
        if value is not None:
            flag = _FLAGS.get(key, f"--{key.replace('_', '-')}")
            values[key] = _parse(key, value, flag)
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
    try:
        return _PARSERS[key](value)
    except (ValueError, TypeError) as error:
        raise ConfigError(f"{source}: {error}") from None


def _text(value: Any) -> str | None:
    return str(value) if value != "" else None


def _number(low: int, high: int) -> Any:
    def parse(value: Any) -> int:
        number = int(value)
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
    parts = value if isinstance(value, (list, tuple)) else str(value).split(",")
    return tuple(
        ipaddress.ip_network(str(part).strip(), strict=False) for part in parts if str(part).strip()
    )


def _trusted(value: Any) -> tuple[Network, ...]:
    parts = value if isinstance(value, (list, tuple)) else str(value).split(",")
    # Strictly: a host part that is set is a mistake in what is trusted.
    return tuple(ipaddress.ip_network(str(part).strip()) for part in parts if str(part).strip())


def _level(value: Any) -> str:
    level = str(value).lower()
    if level not in {"debug", "info", "warning", "error"}:
        raise ValueError(f"{value!r} is not one of debug, info, warning, error")
    return level


_FLAGS: Mapping[str, str] = {"trusted_proxies": "--trusted-proxy"}  # given once for each


def _zone(value: Any) -> str:
    read_zone(str(value))
    return str(value)


_PARSERS: Mapping[str, Any] = {
    "data": Path,
    "database_url": _text,
    "owner_url": _text,
    "host": str,
    "port": _number(0, 65_535),
    "workers": _number(1, 256),
    "public_url": _text,
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
    "drain_s": _number(1, 3_600),
    "keep_callback_days": _number(0, 36_500),
    "keep_webhook_days": _number(0, 36_500),
    "keep_lease_days": _number(0, 36_500),
    "keep_channel_order_days": _number(0, 36_500),
    "log_level": _level,
    "log_json": _switch,
}
