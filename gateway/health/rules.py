"""What a doctor looks at, and what it says: facts and checks, both plain data."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineFacts:
    """This machine. None where it could not be told."""

    python: tuple[int, int, int]
    package_version: str
    core_version: str | None  # None: the native module cannot be imported
    core_error: str
    data_dir: str
    data_dir_mode: int | None  # permission bits; None: there is no such directory yet
    data_dir_writable: bool
    key_file: str
    key_file_mode: int | None  # None: there is no key file yet
    disk_free_bytes: int
    open_files_max: int  # the hard limit: the gateway raises its own soft limit
    address: str
    port_free: bool
    port_answers: bool  # a Quangate answers there
    port_ours: bool = False  # it is the gateway that was asked: nothing was tried
    opened_directories: tuple[str, ...]  # others may pass them, for the embedded server's user
    redis: tuple[bool, str] | None = None  # whether it can be used, and what is there or wrong
    proxy_complaint: str | None = None  # why a trusted proxy seems to be missing


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseFacts:
    """The database, when it can be reached."""

    embedded: bool
    version: int  # as server_version_num: 180001
    encoding: str
    unsafe_settings: tuple[str, ...]  # of fsync, synchronous_commit, full_page_writes: those off
    is_replica: bool
    migrations_missing: int
    migrations_newer: str | None
    skew_s: float  # the database's clock minus ours
    connections_max: int  # that ordinary users may have
    connections_reserved: int  # beside those, for superusers
    connections_needed: int  # by all workers, a supervisor and commands
    holds_secrets: bool
    callback_complaint: str | None = None  # why upstreams cannot call back
    account_rules: tuple[tuple[str, str], ...] = ()  # (SKU, rule) of what is on sale
    expiring: tuple[tuple[str, int], ...] = ()  # (pool, unsold codes) of the next seven days
    expiry_unread: tuple[tuple[str, int], ...] = ()  # (pool, unsold codes) of earlier releases
    sales_closed: bool = False  # it was restored, and is not checked yet
    backup_age_s: float | None = None  # of the last good one; None: there was none
    follower_missing: bool = False  # commits wait for one that does not run
    operators: int = 0  # who may sign in at the console
    replica: tuple[bool, str] | None = None  # whether it is read, and what is there or wrong
    role: str = ""  # whom we work as
    role_faults: tuple[str, ...] = ()  # what that role may and should not, or the other way
    role_fix: str = ""  # what the owner runs


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFacts:
    """The vault: how many wrapped things there are, and how many no held key opens."""

    error: str | None
    wrapped: int
    keys_missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheck:
    """One thing looked at; `fix` says what to do when it is not well, else it is empty."""

    name: str
    ok: bool
    detail: str
    fix: str
