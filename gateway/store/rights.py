"""What the gateway's role may do with each table: one table of rights, granted after migrations.

The owner makes and changes tables; the gateway and the commands work under a role that owns
nothing. It reads everything, adds rows, and changes or deletes only what stands here: nothing
that proves money or a view of a code. A table that is not here is found by a test.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway.store.named_sql import queries

ALL_COLUMNS: Final = ("*",)
# What a role could take a guard away or get round one with, whatever the table.
NEVER: Final = frozenset({"TRUNCATE", "TRIGGER", "REFERENCES"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """Beside SELECT. `update` names the columns that may change."""

    insert: bool = True
    update: tuple[str, ...] = ()
    delete: bool = False

    def privileges(self) -> str:
        """As GRANT takes them."""
        parts = ["SELECT"]
        if self.insert:
            parts.append("INSERT")
        if self.delete:
            parts.append("DELETE")
        if self.update == ALL_COLUMNS:
            parts.append("UPDATE")
        elif self.update:
            parts.append(f"UPDATE ({', '.join(self.update)})")
        return ", ".join(parts)


INSERT_ONLY: Final = Rights()
READ_ONLY: Final = Rights(insert=False)
CATALOG: Final = Rights(update=ALL_COLUMNS)
PASSING: Final = Rights(update=ALL_COLUMNS, delete=True)

RIGHTS: Final[Mapping[str, Rights]] = {
    # Proof of money, of deliveries, of views.
    "entry": INSERT_ONLY,
    "allocation": INSERT_ONLY,
    "reveal": INSERT_ONLY,
    "adjustment": INSERT_ONLY,
    "bought_code": INSERT_ONLY,
    "code_void": INSERT_ONLY,
    "change": INSERT_ONLY,
    "change_head": Rights(insert=False, update=("height", "hash")),
    "reveal_head": Rights(update=("height", "hash")),
    "account": Rights(update=("balance", "credit_limit", "last_entry")),
    "orders": Rights(
        update=(
            "state", "delivered_quantity", "pool_id", "seqs", "failure", "last_event", "parked",
            "commit_no", "refunded", "updated_at",
        )
    ),
    "attempt": Rights(
        update=(
            "state", "upstream_no", "cost", "delivered_quantity", "code", "message", "queries",
            "not_found", "next_check_at", "owner", "sent_at", "updated_at", "sends",
        )
    ),
    "resolution": Rights(
        update=("approved_by", "approved_from", "approved_at", "outcome"), delete=True
    ),
    "statement_day": CATALOG,  # computed from entries, and computed again by a later version
    "buyer_usage": Rights(update=("used",)),
    # Stock. Codes are deleted only with an import that was not finished: a trigger holds that.
    "pool": Rights(update=("size", "next_seq", "generation", "expiring")),
    "batch": CATALOG,
    "code": Rights(delete=True),
    "code_fingerprint": Rights(delete=True),
    "fragment": Rights(delete=True),
    "lease": Rights(update=("state", "epoch", "expires_at")),
    # What is sold, and to whom.
    "partner": CATALOG,
    "api_key": CATALOG,
    "sku": CATALOG,
    "sku_offer": CATALOG,
    "campaign": CATALOG,
    "upstream": CATALOG,
    "route": Rights(update=ALL_COLUMNS, delete=True),
    "channel": CATALOG,
    "webhook_endpoint": CATALOG,
    # What passes.
    "webhook": CATALOG,
    "channel_order": PASSING,
    "callback": Rights(update=("times", "last_at")),
    "audit_run": INSERT_ONLY,
    "forgotten": READ_ONLY,
    "commit_batch": Rights(delete=True),
    "used_nonce": PASSING,
    "worker": PASSING,
    "lane_state": PASSING,
    "migration": READ_ONLY,
}  # fmt: skip


async def grant_rights(connection: Any, role: str) -> None:
    """Give `role` exactly what the table says, and what routines need. As the owner.

    Routines of every version are the role's to call: old workers run beside new ones.
    """
    quoted = await connection.fetchval("SELECT quote_ident($1)", role)
    database = await connection.fetchval("SELECT quote_ident(current_database())")
    schemas = await connection.fetch(queries("roles")["routine_schemas"])
    present = {row["name"] for row in await connection.fetch(queries("roles")["tables"])}
    statements = [
        f"GRANT TEMPORARY ON DATABASE {database} TO {quoted}",
        f"GRANT USAGE ON SCHEMA public TO {quoted}",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {quoted}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {quoted}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {quoted}",
    ]
    for row in schemas:
        statements.append(f"GRANT USAGE ON SCHEMA {row['name']} TO {quoted}")
        statements.append(f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {row['name']} TO {quoted}")
    statements += [
        f"GRANT {rights.privileges()} ON public.{table} TO {quoted}"
        for table, rights in RIGHTS.items()
        if table in present
    ]
    async with connection.transaction():
        for statement in statements:
            await connection.execute(statement)


async def differing_rights(connection: Any, role: str) -> list[str]:
    """Where what `role` may do is not what the table says, a sentence each; of any connection."""
    rows = await connection.fetch(queries("roles")["rights_of"], role)
    found: list[str] = []
    for row in rows:
        table, held = row["name"], set(row["held"])
        wanted = RIGHTS.get(table, READ_ONLY)
        expected = {"SELECT"} | ({"INSERT"} if wanted.insert else set())
        expected |= {"DELETE"} if wanted.delete else set()
        columns = set(row["columns"]) if wanted.update == ALL_COLUMNS else set(wanted.update)
        updatable = set(row["updatable"])
        excess = sorted(held - expected) + [f"UPDATE ({c})" for c in sorted(updatable - columns)]
        missing = sorted(expected - held) + [f"UPDATE ({c})" for c in sorted(columns - updatable)]
        if excess:
            found.append(f"{role} may {', '.join(excess)} on {table}")
        if missing:
            found.append(f"{role} may not {', '.join(missing)} on {table}")
    schemas = await connection.fetch(queries("roles")["schemas_used"], role)
    return found + [
        f"{role} may not use schema {row['name']}" for row in schemas if not row["used"]
    ]


async def powers_of(connection: Any, role: str) -> list[str]:
    """What `role` is or owns that lets it take guards away, a sentence each."""
    row = await connection.fetchrow(queries("roles")["powers"], role)
    if row is None:
        return []
    found: list[str] = [f"{role} is {word}" for word in row["powers"]]
    if row["owned"]:
        found.append(f"{role} owns {row['owned']} tables, or is a member of the role that does")
    if row["creates"]:
        found.append(f"{role} may create in schema public")
    return found


def role_statements(role: str, database: str) -> list[str]:
    """What the owner of a PostgreSQL of one's own runs so that the gateway has its own role."""
    return [
        f"CREATE ROLE {role} LOGIN PASSWORD '…' NOSUPERUSER NOCREATEDB NOCREATEROLE;",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC;",
        f"GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {role};",
        f"GRANT USAGE ON SCHEMA public TO {role};",
        "-- then give both URLs; the next start, or `quangate migrate`, grants the rest:",
        *(f"GRANT {r.privileges()} ON public.{table} TO {role};" for table, r in RIGHTS.items()),
    ]
