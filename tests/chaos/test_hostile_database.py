"""A database that is full, locked by somebody, or set so that it may lose what it said (faults 23,
24, 27, 30)."""

import asyncio
from pathlib import Path

import pytest

from gateway.ground.config import Config
from tests.chaos.books import differences
from tests.chaos.buyers import buyers_of, in_parallel
from tests.chaos.processes import GatewayProcess
from tests.chaos.world import build_world, connected
from tests.conftest import run_cli
from tests.world.partner import eventually

pytestmark = pytest.mark.chaos

FULL = """
CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = '53100'; END $$;
CREATE TRIGGER no_room BEFORE INSERT ON {table} FOR EACH STATEMENT EXECUTE FUNCTION no_room();
"""


@pytest.mark.parametrize("table", ["orders", "entry"])
async def test_a_full_disk_takes_no_orders(fresh: Config, log: Path, table: str) -> None:
    """Nothing is acknowledged and 503 says to come again; with room again all is as it was.

    Seen red with a full disk taken for a commit in doubt: orders waited, and heard nothing.
    """
    world = await build_world(fresh, codes=200)
    async with GatewayProcess(fresh, log) as gateway, buyers_of(world, gateway.url) as buyers:
        assert await buyers.single("before") == "accepted"
        async with connected(fresh) as connection:
            await connection.execute(FULL.format(table=table))
            words = await asyncio.gather(*(buyers.single(f"full-{n}") for n in range(20)))
            assert set(words) <= {"busy", "overloaded", "maintenance"}, words
            await connection.execute(f"DROP TRIGGER no_room ON {table}")
        await buyers.settle()
        assert await gateway.terminate() == 0, gateway.said()
    assert set(buyers.ledger.last_word.values()) == {"accepted"}
    assert await differences(world, buyers.ledger) == []


async def test_somebody_locks_the_orders_for_a_while(fresh: Config, log: Path) -> None:
    """As a migration would: orders wait and are made then, and health is answered all the while.

    Seen red with the readiness asked over the order path's connections.
    """
    world = await build_world(fresh, codes=200)
    async with GatewayProcess(fresh, log) as gateway, buyers_of(world, gateway.url) as buyers:
        async with connected(fresh) as connection, connected(fresh) as other:
            async with connection.transaction():
                await connection.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
                waiting = asyncio.create_task(
                    in_parallel(20, [lambda n=n: buyers.single(f"w-{n}") for n in range(20)])
                )

                async def is_stopped() -> bool:
                    return bool(await other.fetchval(
                        "SELECT count(*) FROM pg_locks WHERE NOT granted"
                        " AND relation = 'orders'::regclass"
                    ))  # fmt: skip

                await eventually(is_stopped)
                assert b"200 OK" in await asked(gateway, b"/readyz")
                assert not waiting.done()
            await waiting
        await buyers.settle()
        assert await gateway.terminate() == 0, gateway.said()
    assert set(buyers.ledger.last_word.values()) == {"accepted"}
    assert await differences(world, buyers.ledger) == []


async def test_a_database_that_may_lose_orders_is_refused(fresh: Config) -> None:
    """The start is refused and says what to turn on. Seen red without `check_safety`."""
    await build_world(fresh, codes=1)
    async with connected(fresh) as connection:
        name = await connection.fetchval("SELECT current_database()")
        await connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    done = await asyncio.to_thread(
        run_cli, "serve", "--port", "0",
        environment={
            "QUANGATE_DATA": str(fresh.data), "QUANGATE_DATABASE_URL": str(fresh.database_url),
        },
    )  # fmt: skip
    assert done.returncode == 1
    assert "synchronous_commit is off: acknowledged orders could be lost. Turn it on" in done.stderr


async def asked(gateway: GatewayProcess, path: bytes) -> bytes:
    """One answer, on a connection of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(gateway.url.rsplit(":", 1)[1]))
    writer.write(b"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % path)
    answer = await reader.read()
    writer.close()
    return answer
