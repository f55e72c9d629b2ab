"""All that `quangate doctor` looks at, for whoever asks."""

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from gateway.ground.command.failures import to_failure
from gateway.ground.config import Config
from gateway.ground.desk.opening import Desk
from gateway.ground.errors import ConfigError, QuangateError, RefusedError, StoreUnavailableError
from gateway.ground.native_errors import CoreError

if TYPE_CHECKING:
    from gateway.health.rules import DatabaseFacts, KeyFacts


async def look_at_all(config: Config, *, serving: bool = False) -> dict[str, Any]:
    """Whether all is well, and each check; `error` where the database cannot be looked at.

    `serving`: the gateway of these settings asks about itself.
    """
    from gateway.health.doctor import examine
    from gateway.health.machine import look_around

    machine = replace(look_around(config, serving=serving), redis=await _look_at_redis(config))
    database, keys = await _look_at_database(config)
    reason = str(database) if isinstance(database, Exception) else database
    checks = examine(machine, reason, keys)
    ok = all(check.ok for check in checks)
    data: dict[str, Any] = {"ok": ok, "checks": [asdict(check) for check in checks]}
    if isinstance(database, Exception):
        failure = to_failure(database)
        data["error"] = {"code": failure.code, "detail": failure.detail}
    return data


async def _look_at_redis(config: Config) -> tuple[bool, str] | None:
    if config.redis_url is None:
        return None
    from gateway.ground.redis.address import read_address
    from gateway.ground.redis.client import complaint, look

    address = read_address(config.redis_url)
    try:
        return True, f"{await look(address)} at {address.shown}"
    except Exception as error:  # noqa: BLE001  whatever it is: it cannot be used
        return False, f"{address.shown}: {complaint(error)}"


async def _look_at_database(
    config: Config,
) -> "tuple[DatabaseFacts | QuangateError, KeyFacts | None]":
    from gateway.ground.http.front import callback_complaint
    from gateway.ground.sql.database import open_database
    from gateway.health.store import read_database_facts, read_upstreams

    try:
        database = await open_database(config, connections=1, migrate=False, may_make=False)
        try:
            facts = replace(
                await read_database_facts(database, config),
                callback_complaint=callback_complaint(
                    config.public_url,
                    config.host,
                    config.port,
                    [name for name, kind in await read_upstreams(database) if _calls_back(kind)],
                ),
            )
            keys = await _look_at_keys(Desk(config=config, database=database), facts)
        finally:
            await database.close()
    except (StoreUnavailableError, ConfigError, RefusedError) as error:
        return error, None
    return facts, keys


def _calls_back(connector: str) -> bool:
    """Whether the platforms of a connector tell us results; one that is gone calls nobody."""
    from connectors import registry
    from connectors.settings import SettingsError

    try:
        return registry.product_capabilities(connector, "").callbacks
    except SettingsError:
        return False


async def _look_at_keys(desk: Desk, database: "DatabaseFacts") -> "KeyFacts":
    from gateway.ground.vault import open_vault
    from gateway.health.rules import KeyFacts
    from gateway.vault import rotate as kek

    if not database.holds_secrets:
        return KeyFacts(error=None, wrapped=0, keys_missing=())
    async with desk.transaction(read_only=True) as db:
        try:
            vault = await open_vault(desk.config.data, db, desk.config.kek)
        except CoreError as error:
            return KeyFacts(error=str(error), wrapped=0, keys_missing=())
        in_use = await kek.keys_in_use(vault, db)
    missing = tuple(key_id for key_id in in_use if key_id not in vault.kek_ids()[1])
    return KeyFacts(error=None, wrapped=sum(in_use.values()), keys_missing=missing)
