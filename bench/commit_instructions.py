"""Instructions of PostgreSQL for a commit of orders, counted by callgrind: a cost that a busy
machine does not change. `python -m bench.commit_instructions`, by lines a commit; both ways.

A cluster is made, and some orders are sold. Copies of it are run alone, below valgrind
(`postgres --single`), which has some commits to do, and some more: what is told is the slope, so
that start, plans and the first of all are not in it. Nor are the kernel and what an fsync waits.
"""

import asyncio
import hashlib
import os
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import asyncpg

from gateway.ground.sql.connecting import session_settings
from gateway.ground.sql.embedded import EmbeddedServer
from gateway.ground.sql.embedded.programs import SYSTEM_USER, binaries
from gateway.ground.sql.preparing import prepare_embedded
from gateway.orders.commit_store import (
    COMMIT,
    COMMIT_PLAIN,
    PARAMETERS,
    PLAIN_PARAMETERS,
    PLANNING,
)

SIZES: Final = ((1, 10, 40), (8, 10, 30), (100, 4, 12))  # lines; commits: few, and many
SOLD: Final = ", a limit per buyer"  # of which kind
HISTORY: Final = (40, 500)  # commits, of so many lines each
CHAIN: Final = 7
OPEN: Final = ("2020-01-01T00:00:00+00:00", "2100-01-01T00:00:00+00:00")
# Of what quotas lines ask: in a campaign of a buyer's, a device's, and its total.
KINDS: Final = {"": (), ", a limit per buyer": (1,), ", a campaign with three quotas": (1, 2, 3)}
WAYS: Final = {
    "commit_orders": (COMMIT, PARAMETERS),
    "commit_plain": (COMMIT_PLAIN, PLAIN_PARAMETERS),
}
WORLD: Final = """
INSERT INTO partner (name, webhook_secret) VALUES ('bench', 'x');
INSERT INTO account (partner_id, balance, last_entry) SELECT id, 10^13::bigint, 1 FROM partner;
INSERT INTO entry (partner_id, seq, kind, amount, balance_after, reference)
SELECT id, 1, 'deposit', 10^13::bigint, 10^13::bigint, 'r' FROM partner;
INSERT INTO pool (name, size) VALUES ('p', 1000000);
INSERT INTO sku (sku, name, kind, pool_id, price) SELECT 'P', 'P', 'code', id, 100 FROM pool;
INSERT INTO quota (name, sku_id, per, span, most) SELECT 'q', id, 'buyer', 'ever', 2 FROM sku;
INSERT INTO campaign (name, sku_id, starts_at, ends_at)
SELECT 'c', id, '2020-01-01', '2100-01-01' FROM sku;
INSERT INTO quota (name, sku_id, per, span, most) SELECT 'd', id, 'device', 'ever', 2 FROM sku;
INSERT INTO quota (name, campaign_id, per, span, most)
SELECT 't', id, 'total', 'campaign', 10^9 FROM campaign;
SELECT refill(gen_random_uuid(), id, 1000000, '{}', 3600) FROM pool;
"""
LEFT_OVER: Final = ("postmaster.pid", ".s.PGSQL.5432", ".s.PGSQL.5432.lock")


class CountError(Exception):
    """Valgrind is not there, or PostgreSQL refused something below it."""


def columns(lines: int, first: int, *, quotas: Sequence[int]) -> dict[str, Any]:
    """The arguments of both ways for plain lines that sell the codes from `first` on."""
    places = range(first, first + lines)
    numbers = [f"bench-{n:012d}" for n in places]
    hashes = [rf"\\x{hashlib.md5(number.encode()).hexdigest()}" for number in numbers]
    given: dict[str, Any] = dict.fromkeys(PARAMETERS, "{}")
    given |= {
        "p_batch": uuid.uuid4(), "p_chain": CHAIN, "p_owner": None, "p_all_new": True,
        "p_partner": _literal([1] * lines), "p_id": _literal([(10**6 + n) << 12 for n in places]),
        "p_out": _literal(numbers), "p_hash": _literal(hashes), "p_sku": _literal([1] * lines),
        "p_quantity": _literal([1] * lines), "p_amount": _literal([100] * lines),
        "p_pool": _literal([1] * lines), "p_first": _literal(range(1, lines + 1)),
        "p_details": _literal([_details(n, is_sale=3 in quotas) for n in places]),
        "p_notify": _literal(["f"] * lines), "a_line": _literal(range(1, lines + 1)),
        "a_seq": _literal(places), "a_lease": _literal([1] * lines),
        "l_id": "{1}", "l_epoch": "{1}",
    }  # fmt: skip
    if 3 in quotas:
        given |= {"p_opens": _literal([OPEN[0]] * lines), "p_closes": _literal([OPEN[1]] * lines)}
    return given | _asked(places, quotas)


def _details(n: int, *, is_sale: bool) -> str:
    sale = rf",\"campaign\":\"c\",\"device\":\"device-{n:012d}\"" if is_sale else ""
    return rf"{{\"buyer_id\":\"buyer-{n:012d}\"{sale}}}"


def _asked(places: Sequence[int], quotas: Sequence[int]) -> dict[str, str]:
    """What lines ask of these quotas, as quotas/counting.py has it."""
    if not quotas:
        return {}
    lines = [
        [(q, {1: f"1 buyer-{n:012d}", 2: f"device-{n:012d}", 3: "c"}[q]) for q in quotas]
        for n in places
    ]
    units = Counter(ask for line in lines for ask in line)
    at = {ask: place for place, ask in enumerate(sorted(units), 1)}
    asks = [(line, at[ask]) for line, asked in enumerate(lines, 1) for ask in asked]
    asked = [",".join(rf"[{q},\"{subject}\"]" for q, subject in line) for line in lines]
    return {
        "p_quotas": _literal([f"[{text}]" for text in asked]),
        "p_count_quota": _literal([q for q, _ in at]),
        "p_count_subject": _literal([subject for _, subject in at]),
        "p_count_wanted": _literal([units[ask] for ask in at]),
        "p_ask_line": _literal([line for line, _ in asks]),
        "p_ask_place": _literal([place for _, place in asks]),
    }


def arguments(way: str, given: Mapping[str, Any]) -> list[Any]:
    """Those that a way takes, in its order."""
    one_partner = {"p_partner": 1} if way == "commit_plain" else {}
    return [{**given, **one_partner}[name] for name in WAYS[way][1]]


def _literal(values: Sequence[Any]) -> str:
    return "{" + ",".join(f'"{value}"' for value in values) + "}"


async def make_world(dsn: str) -> int:
    """A partner, stock and orders; how many codes are sold."""
    connection = await asyncpg.connect(dsn)
    await prepare_embedded(connection, _sound)
    await connection.close()
    settings = {**session_settings(), **PLANNING}
    connection = await asyncpg.connect(dsn, server_settings=settings)
    await connection.execute(WORLD)
    commits, lines = HISTORY
    for n in range(commits):
        given = columns(lines, n * lines, quotas=KINDS[SOLD])
        await connection.fetchrow(COMMIT, *arguments("commit_orders", given))
    await connection.execute("VACUUM ANALYZE")
    await connection.execute("CHECKPOINT")
    await connection.close()
    return commits * lines


async def _sound(_connection: Any) -> None:
    """It is ours."""


def script(way: str, lines: int, commits: int, sold: int, *, quotas: Sequence[int]) -> str:
    """SQL, a statement a line."""
    call, parameters = WAYS[way]
    kinds = ", ".join(kind.partition("::")[0] for kind in parameters.values())
    said = [f"PREPARE one ({kinds}) AS {call};"]
    for n in range(commits):
        given = columns(lines, sold + n * lines, quotas=quotas)
        values = ", ".join(map(_quoted, arguments(way, given)))
        said.append(f"EXECUTE one ({values});")
    return "\n".join([*said, ""])


def _quoted(value: Any) -> str:
    return "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"


def counted(cluster: Path, said: str) -> int:
    """Instructions of a server that is alone with a copy of the cluster and does this."""
    with tempfile.TemporaryDirectory(dir=cluster.parent) as directory:
        copy = Path(directory) / "postgres"
        subprocess.run(["cp", "-a", str(cluster), str(copy)], check=True)
        for name in LEFT_OVER:
            (copy / name).unlink(missing_ok=True)
        given = {**session_settings(), **PLANNING}
        settings = [f"{k}={v}" for k, v in given.items() if k != "application_name"]
        user: dict[str, Any] = {}
        if os.geteuid() == 0:
            owner = pwd.getpwnam(SYSTEM_USER)
            os.chown(directory, owner.pw_uid, owner.pw_gid)
            user = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        done = subprocess.run(
            [
                "valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
                str(binaries() / "postgres"), "--single", "-D", str(copy),
                *(part for setting in settings for part in ("-c", setting)), "quangate",
            ],
            check=False, cwd=directory, input=said, text=True, capture_output=True, **user,
        )  # fmt: skip
    found = re.search(r"Collected : (\d+)", done.stderr)
    refused = [line for line in done.stderr.splitlines() if "ERROR" in line or "FATAL" in line]
    if refused or found is None:
        raise CountError(refused[0] if refused else done.stderr[-500:])
    return int(found[1])


def main() -> None:
    """Tell thousands of instructions a commit."""
    if shutil.which("valgrind") is None:
        raise SystemExit("valgrind is not installed")
    with tempfile.TemporaryDirectory(prefix="commit-instructions-", dir="/var/tmp") as directory:
        Path(directory).chmod(0o755)
        server = EmbeddedServer(Path(directory))
        server.start()
        try:
            sold = asyncio.run(make_world(server.dsn))
        finally:
            server.release()
        cluster = Path(directory) / "postgres"
        for lines, few, many in SIZES:
            for kind, quotas in KINDS.items():
                for way in WAYS:
                    each = [
                        counted(cluster, script(way, lines, commits, sold, quotas=quotas))
                        for commits in (few, many)
                    ]
                    told = (each[1] - each[0]) / (many - few) / 1000
                    sys.stdout.write(f"{lines:>4} lines{kind}: {way} {told:,.0f}\n")
                    sys.stdout.flush()


if __name__ == "__main__":
    main()
