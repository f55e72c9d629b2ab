"""How the two roles come to be: in the embedded server, in a PostgreSQL of one's own, by hand."""

from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest
import structlog

from gateway.ground.config import Config
from gateway.ground.errors import ConfigError
from gateway.ground.sql.database import open_database
from gateway.ground.sql.embedded import EmbeddedServer
from gateway.ground.sql.preparing import GATEWAY_ROLE
from tests.conftest import Cli, in_database, run_cli


async def test_the_embedded_server_has_both_roles(tmp_path: Path) -> None:
    """A fresh directory, and one of a release that knew one role, work under the gateway's role."""
    config = Config(data=tmp_path / "data", log_level="warning")
    server = EmbeddedServer(config.data)
    server.start()
    try:
        for upgraded in (False, True):
            if upgraded:
                owner = await asyncpg.connect(server.dsn)
                await owner.execute(
                    f"DROP OWNED BY {GATEWAY_ROLE}; DROP ROLE {GATEWAY_ROLE};"
                    "INSERT INTO partner (name, webhook_secret) VALUES ('old', 'x')"
                )
                await owner.close()
            database = await open_database(config, connections=2)
            role, owned = await database.pool.fetchrow(
                "SELECT current_user::text, (SELECT count(*) FROM pg_class c JOIN pg_roles r"
                " ON r.oid = c.relowner WHERE r.rolname = current_user)"
            )
            assert (role, owned) == (GATEWAY_ROLE, 0)
            await database.close()
    finally:
        server.release()


async def test_a_database_of_ones_own_with_two_urls(
    postgres: EmbeddedServer, tmp_path: Path
) -> None:
    """The owner's URL migrates and grants; then the gateway's alone is enough.

    Without either of both, an empty database is refused with what to give.
    """
    owner = await asyncpg.connect(postgres.dsn)
    await owner.execute("CREATE DATABASE own_two")
    await owner.execute("CREATE ROLE shop LOGIN")
    await owner.close()
    alone = Config(
        data=tmp_path, database_url=in_database(postgres.dsn_of("shop"), "own_two"),
        log_level="warning",
    )  # fmt: skip
    with pytest.raises(ConfigError, match="--owner-url"):
        await open_database(alone, connections=1)
    both = replace(alone, owner_url=in_database(postgres.dsn, "own_two"))
    for config in (both, alone):
        database = await open_database(config, connections=1)
        assert await database.pool.fetchval("SELECT current_user::text") == "shop"
        await database.pool.execute(
            "INSERT INTO partner (name, webhook_secret) VALUES ($1, 'x')",
            "two" if config is both else "one",
        )
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await database.pool.execute("TRUNCATE partner CASCADE")
        await database.close()


async def test_the_owners_url_alone_still_works(postgres: EmbeddedServer, tmp_path: Path) -> None:
    """As before; the doctor says what is missing and prints what to run, and so does the log."""
    owner = await asyncpg.connect(postgres.dsn)
    await owner.execute("CREATE DATABASE own_one")
    await owner.close()
    settings = {
        "QUANGATE_DATA": str(tmp_path / "data"),
        "QUANGATE_DATABASE_URL": in_database(postgres.dsn, "own_one"),
    }
    made = run_cli("partner", "create", "acme", "--json", environment=settings)
    assert (made.returncode, made.json) == (0, {"partner": "acme"}), made.stderr
    config = Config(
        data=tmp_path / "data", database_url=settings["QUANGATE_DATABASE_URL"], log_level="warning"
    )
    with structlog.testing.capture_logs() as said:
        await (await open_database(config, connections=1)).close()
    (line,) = [entry for entry in said if entry["event"] == "database.one_role"]
    assert "is superuser" in line["why"]
    looked = run_cli("doctor", "--json", environment=settings)
    (check,) = [c for c in looked.json["checks"] if c["name"] == "roles"]
    assert not check["ok"]
    assert "superuser" in check["detail"]
    assert "CREATE ROLE quangate_gateway LOGIN" in check["fix"]
    assert "GRANT SELECT, INSERT ON public.entry TO quangate_gateway;" in check["fix"]


def test_the_doctor_is_content_with_two_roles(cli: Cli) -> None:
    """Under the gateway's role, with every right as written, there is nothing to say."""
    looked = cli("doctor", "--json")
    (check,) = [c for c in looked.json["checks"] if c["name"] == "roles"]
    assert check == {"name": "roles", "ok": True, "detail": check["detail"], "fix": ""}
    assert GATEWAY_ROLE in check["detail"]


def test_migrate_prepares_a_database(postgres: EmbeddedServer, tmp_path: Path) -> None:
    """`quangate migrate` does the owner's part alone: tables, routines, rights."""
    settings = {
        "QUANGATE_DATA": str(tmp_path / "data"),
        "QUANGATE_DATABASE_URL": in_database(postgres.dsn_of(GATEWAY_ROLE), "postgres"),
        "QUANGATE_OWNER_URL": in_database(postgres.dsn, "postgres"),
    }
    done = run_cli("migrate", "--json", environment=settings)
    assert done.returncode == 0, done.stderr
    assert done.json["role"] == GATEWAY_ROLE
    assert done.json["differences"] == []
