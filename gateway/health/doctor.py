"""The doctor: judges facts about a machine, its database and its keys. Looks at nothing itself."""

from collections.abc import Iterator, Sequence
from typing import Final

from gateway.catalog.account_rule import unusable_rules
from gateway.ground.http.front import PUBLIC_URL_FIX, TRUST_FIX
from gateway.health.rules import DatabaseFacts, HealthCheck, KeyFacts, MachineFacts

PYTHON_MIN: Final = (3, 11, 0)
POSTGRES_MIN: Final = 150_000  # as server_version_num
DISK_FREE_BYTES_MIN: Final = 1 << 30  # the write-ahead log alone may hold a few GiB under load
OPEN_FILES_MIN: Final = 4_096  # connections of partners and upstreams, with room
BACKUP_AGE_S_MAX: Final = 26 * 3600.0  # one a night, and two hours
SKEW_S_MAX: Final = 2.0  # leases go by the database's clock, signatures by ours


def examine(
    machine: MachineFacts, database: DatabaseFacts | str, keys: KeyFacts | None
) -> Sequence[HealthCheck]:
    """Every check; `database` is the reason when it cannot be reached, and then `keys` is None."""
    checks = [*_machine(machine), *_files(machine)]
    if isinstance(database, str):
        fix = "start PostgreSQL, or check --database-url; without it the embedded one is used"
        return [*checks, _check("database", ok=False, detail=database, fix=fix)]
    checks += [*_database(database), *_safety(database), *_front(database)]
    checks.append(_console(database))
    if keys is not None:
        checks += _keys(machine, database, keys)
    return checks


def _check(name: str, *, ok: bool, detail: str, fix: str) -> HealthCheck:
    return HealthCheck(name=name, ok=ok, detail=detail, fix="" if ok else fix)


def _machine(facts: MachineFacts) -> Iterator[HealthCheck]:
    yield _check(
        "python",
        ok=facts.python >= PYTHON_MIN,
        detail=".".join(map(str, facts.python)),
        fix="install Python 3.11 or newer and install quangate with it",
    )
    yield _check(
        "native-core",
        ok=facts.core_version == facts.package_version,
        detail=facts.core_version or f"cannot be imported: {facts.core_error}",
        fix=f"install quangate {facts.package_version} again; in a checkout: make build",
    )
    yield _check(
        "open-files",
        ok=facts.open_files_max >= OPEN_FILES_MIN,
        detail=f"at most {facts.open_files_max}",
        fix="raise the limit: ulimit -n 65536, or LimitNOFILE=65536 in the systemd unit",
    )
    yield _check(
        "port",
        ok=facts.port_ours or facts.port_free or facts.port_answers,
        detail=_port(facts),
        fix="stop what listens there, or choose another --port",
    )
    yield _check(
        "redis",
        ok=facts.redis is None or facts.redis[0],
        detail="none is configured, and none is needed" if facts.redis is None else facts.redis[1],
        fix="start it, or mend QUANGATE_REDIS_URL; orders go on without it",
    )
    yield _check(
        "trusted-proxy",
        ok=facts.proxy_complaint is None,
        detail=facts.proxy_complaint or "no proxy that is not trusted is known of",
        fix=TRUST_FIX,
    )


def _port(facts: MachineFacts) -> str:
    if facts.port_ours:
        return f"{facts.address} is where this gateway answers"
    if facts.port_free:
        return f"{facts.address} is free"
    if facts.port_answers:
        return f"{facts.address} is taken by a Quangate that answers"
    return f"{facts.address} is taken"


def _front(database: DatabaseFacts) -> Iterator[HealthCheck]:
    yield _check(
        "public-url",
        ok=database.callback_complaint is None,
        detail=database.callback_complaint or "callbacks of upstreams can come",
        fix=PUBLIC_URL_FIX,
    )


def _files(facts: MachineFacts) -> Iterator[HealthCheck]:
    mode = facts.data_dir_mode
    yield _check(
        "data-directory",
        # Others may pass (the embedded server's own user does), but not list or write.
        ok=facts.data_dir_writable and (mode is None or mode & 0o066 == 0),
        detail=f"{facts.data_dir}, not there yet"
        if mode is None
        else f"{facts.data_dir}, mode {mode:04o}",
        fix=f"chmod 700 {facts.data_dir}, owned by the user that runs quangate",
    )
    if facts.opened_directories:
        opened = ", ".join(facts.opened_directories)
        yield _check(
            "programs",
            ok=True,
            detail=f"PostgreSQL runs as a user of its own; so others may pass (o+x): {opened}",
            fix="",
        )
    yield _check(
        "key-file",
        ok=facts.key_file_mode is None or facts.key_file_mode & 0o077 == 0,
        detail="not made yet" if facts.key_file_mode is None else f"mode {facts.key_file_mode:04o}",
        fix=f"chmod 600 {facts.key_file}; if others could read it: quangate keys rotate",
    )
    yield _check(
        "disk",
        ok=facts.disk_free_bytes >= DISK_FREE_BYTES_MIN,
        detail=f"{facts.disk_free_bytes / (1 << 30):.1f} GiB free",
        fix="free some space, or move --data to a larger disk",
    )


def _database(facts: DatabaseFacts) -> Iterator[HealthCheck]:
    whose = "embedded" if facts.embedded else "yours"
    yield _check(
        "database",
        ok=facts.version >= POSTGRES_MIN and facts.encoding == "UTF8" and not facts.is_replica,
        detail=f"PostgreSQL {facts.version // 10_000}.{facts.version % 10_000} ({whose}), "
        f"{facts.encoding}, {'a read-only replica' if facts.is_replica else 'primary'}",
        fix="use a primary server of PostgreSQL 15 or newer, with a database in UTF8",
    )
    unsafe = ", ".join(facts.unsafe_settings)
    yield _check(
        "durability",
        ok=not unsafe,
        detail=f"off: {unsafe}" if unsafe else "an acknowledged order survives a power cut",
        fix=f"turn {unsafe} on in postgresql.conf and reload",
    )
    yield _check(
        "connections",
        ok=facts.connections_max >= facts.connections_needed,
        detail=f"at most {facts.connections_max} for us; {facts.connections_needed} are needed",
        fix=f"set max_connections to {facts.connections_needed + facts.connections_reserved} or "
        "more, or have fewer --workers or a smaller QUANGATE_DATABASE_CONNECTIONS",
    )
    missing = f"{facts.migrations_missing} to apply, at the next start"
    yield _check(
        "migrations",
        ok=facts.migrations_newer is None,
        detail=f"made by a newer Quangate ({facts.migrations_newer})"
        if facts.migrations_newer
        else (missing if facts.migrations_missing else "up to date"),
        fix="upgrade quangate to the version that last served this database",
    )
    yield _check(
        "roles",
        ok=not facts.role_faults,
        detail="; ".join(facts.role_faults) or f"{facts.role} owns nothing and may what it needs",
        fix=f"guards hold only against a role that owns nothing; the owner runs:\n{facts.role_fix}",
    )
    yield _check(
        "clock",
        ok=abs(facts.skew_s) <= SKEW_S_MAX,
        detail=f"the database is {facts.skew_s:+.3f} s off ours",
        fix="synchronise both clocks (chrony, ntpd)",
    )
    unusable = unusable_rules(facts.account_rules)
    yield _check(
        "account-rules",
        ok=not unusable,
        detail="; ".join(f"{sku}: {why}" for sku, why in unusable)
        if unusable
        else f"{len(facts.account_rules)} SKUs have one",
        fix="orders of these are refused; give each a rule: quangate sku account-rule SKU RULE",
    )
    soon = "; ".join(f"{codes} unsold codes of pool {pool}" for pool, codes in facts.expiring)
    yield _check(
        "expiry",
        ok=True,  # nothing is broken: they go off sale by themselves
        detail="; ".join(
            [
                f"within seven days: {soon}" if soon else "no code expires within seven days",
                *(
                    f"{codes} unsold codes of pool {pool} were imported by a release that kept "
                    "their expiry, if any, only inside the code: void what expires by hand "
                    "(quangate codes void)"
                    for pool, codes in facts.expiry_unread
                ),
            ]
        ),
        fix="",
    )


def _console(facts: DatabaseFacts) -> HealthCheck:
    return _check(
        "operators",
        ok=True,  # the command line needs none
        detail=f"{facts.operators} can sign in at /console"
        if facts.operators
        else "nobody can sign in at /console yet: quangate operator create NAME --role admin",
        fix="",
    )


def _safety(facts: DatabaseFacts) -> Iterator[HealthCheck]:
    yield _check(
        "sales",
        ok=not facts.sales_closed,
        detail="closed: this shop was restored, or lost orders with its primary"
        if facts.sales_closed
        else "open",
        fix="quangate restore-check",
    )
    age_s = facts.backup_age_s
    yield _check(
        "backup",
        # None yet is no fault of a new shop; the metric and its alert begin with the first.
        ok=age_s is None or age_s <= BACKUP_AGE_S_MAX,
        detail="none yet: quangate backup TO" if age_s is None else f"{age_s / 3600:.1f} hours old",
        fix="quangate backup TO, every night",
    )
    yield _check(
        "follower",
        ok=not facts.follower_missing,
        detail="orders wait for one that does not run: none is acknowledged"
        if facts.follower_missing
        else "orders wait for none that is not there",
        fix="quangate backup follow TO --synchronous; `quangate backup follow --leave` ends it",
    )
    yield _check(
        "replica",
        ok=facts.replica is None or facts.replica[0],
        detail="none is configured, and none is needed"
        if facts.replica is None
        else facts.replica[1],
        fix="pg_stat_replication on the primary says what it is sent; start it, mend"
        " QUANGATE_REPLICA_URL, or let it be further behind (QUANGATE_REPLICA_LAG_S);"
        " the primary is read meanwhile",
    )


def _keys(machine: MachineFacts, database: DatabaseFacts, facts: KeyFacts) -> Iterator[HealthCheck]:
    missing = ", ".join(facts.keys_missing)
    if facts.error is not None:
        detail = facts.error
    elif missing:
        detail = f"the key file does not hold {missing}, under which things are wrapped"
    elif database.holds_secrets:
        detail = f"the key file opens all {facts.wrapped} wrapped secrets"
    else:
        detail = "nothing is wrapped yet"
    yield _check(
        "keys",
        ok=facts.error is None and not missing,
        detail=detail,
        fix=f"put the key file back from its backup: {machine.key_file}; what another shop's "
        "key file wrapped by mistake: quangate keys rotate --resume --keys-of THAT_FILE",
    )
