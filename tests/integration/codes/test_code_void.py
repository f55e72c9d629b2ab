"""`quangate codes void`: codes that nobody may buy any more."""

import asyncio
import uuid
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from gateway.codes.lease_store import LeaseStore
from tests.conftest import Cli

_numbers = count(1)


@pytest.fixture
def pool(cli: Cli, tmp_path: Path) -> str:
    """A pool of ten codes, VOID-0 to VOID-9, for which blanks and case mean nothing."""
    name = f"void-{next(_numbers)}"
    cli("pool", "create", name, "--ignore-spaces", "--case-insensitive")
    file = tmp_path / "stock.txt"
    file.write_text("".join(f"VOID {name} {n}\n" for n in range(10)))
    done = cli("codes", "import", str(file), "--pool", name, "--separator", "none", "--json")
    assert done.json["imported"] == 10
    return name


def stats(cli: Cli, pool: str) -> dict[str, int]:
    """The counts that are not zero."""
    counts = cli("codes", "stats", "--pool", pool, "--json").json
    assert counts["imported"] == sum(counts.values()) - counts["imported"]  # I3
    return {k: n for k, n in counts.items() if n}


def test_voids_a_range_once(cli: Cli, pool: str) -> None:
    """Both ends count; what is void already is kept as it is."""
    first = cli("codes", "void", "--pool", pool, "--seq", "2-4", "--json").json
    again = cli("codes", "void", "--pool", pool, "--seq", "4-5", "--json").json
    assert first == {"voided": 3, "kept": 0, "unknown": 0}
    assert again == {"voided": 1, "kept": 1, "unknown": 0}
    assert stats(cli, pool) == {"imported": 10, "free": 6, "void": 4}


def test_voids_a_batch(cli: Cli, pool: str) -> None:
    """All of a batch, and nothing of the next one."""
    batch = cli("codes", "batches", "--pool", pool, "--json").json["batches"][0]["batch"]
    cli("codes", "generate", "5", "--pool", pool, "--pattern", "AAAA-9999")
    done = cli("codes", "void", "--pool", pool, "--batch", str(batch), "--json")
    assert done.json == {"voided": 10, "kept": 0, "unknown": 0}
    assert stats(cli, pool) == {"imported": 15, "free": 5, "void": 10}


async def test_voids_the_codes_of_a_file(
    cli: Cli, pool: str, tmp_path: Path, connection: Any
) -> None:
    """Exactly the codes that are listed, as the pool tells codes apart; others are unknown."""
    file = tmp_path / "recalled.txt"
    file.write_text(f"void{pool}7\nVOID {pool.upper()} 3\nVOID {pool} 3\nnever-sold\n")
    done = await asyncio.to_thread(cli, "codes", "void", str(file), "--pool", pool, "--json")
    assert done.json == {"voided": 2, "kept": 0, "unknown": 1}
    voided = await connection.fetch(
        "SELECT v.seq FROM code_void v JOIN pool p ON p.id = v.pool_id WHERE p.name = $1"
        " ORDER BY v.seq",
        pool,
    )
    assert [row["seq"] for row in voided] == [3, 7]


async def test_leases_are_revoked_before_it_returns(
    cli: Cli, pool: str, connection: Any, database: Any
) -> None:
    """A worker that holds the codes can no longer sell any of them when the command is done."""
    pool_id = await connection.fetchval("SELECT id FROM pool WHERE name = $1", pool)
    leases = LeaseStore(database.pool, worker_id=uuid.uuid4(), slot=1, ttl_s=60)
    refill = await leases.refill(pool_id, 10, [])
    held = [seq for grant in refill.grants for seq in range(grant.lo, grant.hi)]
    assert held
    done = await asyncio.to_thread(
        cli, "codes", "void", "--pool", pool, "--seq", str(held[0]), "--json"
    )
    assert done.json["voided"] == 1
    states = await connection.fetch(
        "SELECT state, epoch FROM lease WHERE id = ANY ($1)", [g.lease_id for g in refill.grants]
    )
    # The epoch is past the holder's: its commits are refused.
    assert {row["state"] for row in states} == {"closed"}
    assert all(row["epoch"] > grant.epoch for row, grant in zip(states, refill.grants, strict=True))
    assert (await asyncio.to_thread(stats, cli, pool)) == {"imported": 10, "free": 9, "void": 1}


@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [
        ((), 2),  # nothing named
        (("--batch", "1", "--seq", "1"), 2),  # two things named
        (("--seq", "a-b"), 2),
        (("--seq", "5-4"), 2),  # backwards
        (("--seq", "8-10"), 2),  # past the end
        (("--batch", "999999"), 1),  # not there
        (("/no/such/file",), 1),
    ],
)
def test_wrong_requests_void_nothing(
    cli: Cli, pool: str, arguments: tuple[str, ...], exit_code: int
) -> None:
    """Refused with a code, and the stock is what it was."""
    assert cli("codes", "void", *arguments, "--pool", pool, "--json").returncode == exit_code
    assert stats(cli, pool) == {"imported": 10, "free": 10}
