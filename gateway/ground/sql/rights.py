"""What the gateway's role may do with each table: one table of rights, granted after migrations.

The owner makes and changes tables; the gateway and the commands work under a role that owns
nothing. It reads everything, adds rows, and changes or deletes only what stands here: nothing
that proves money or a view of a code. A table that is not here is found by a test.
"""

from typing import Any, Final

from gateway.ground import house
from gateway.ground.feature import ALL_COLUMNS, PASSING, Table
from gateway.ground.sql.roles import SQL

# What a role could take a guard away or get round one with, whatever the table.
NEVER: Final = frozenset({"TRUNCATE", "TRIGGER", "REFERENCES"})
UNKNOWN: Final = Table(kept=PASSING, insert=False)  # a table of somebody else: to be read


async def grant_rights(connection: Any, role: str) -> None:
    """Give `role` exactly what the table says, and what routines need. As the owner.

    Routines of every version are the role's to call: old workers run beside new ones.
    """
    quoted = await connection.fetchval("SELECT quote_ident($1)", role)
    database = await connection.fetchval("SELECT quote_ident(current_database())")
    present = set(await SQL.tables.all(connection))
    statements = [
        f"GRANT TEMPORARY ON DATABASE {database} TO {quoted}",
        f"GRANT USAGE ON SCHEMA public TO {quoted}",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {quoted}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {quoted}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {quoted}",
    ]
    for schema in await SQL.routine_schemas.all(connection):
        statements.append(f"GRANT USAGE ON SCHEMA {schema} TO {quoted}")
        statements.append(f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {schema} TO {quoted}")
    statements += [
        f"GRANT {rights.privileges()} ON public.{table} TO {quoted}"
        for table, rights in house.tables().items()
        if table in present
    ]
    async with connection.transaction():
        for statement in statements:
            await connection.execute(statement)


async def differing_rights(connection: Any, role: str) -> list[str]:
    """Where what `role` may do is not what the table says, a sentence each; of any connection."""
    rows = await SQL.rights_of.all(connection, role)
    found: list[str] = []
    for row in rows:
        table, held = row["name"], set(row["held"])
        wanted = house.tables().get(table, UNKNOWN)
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
    schemas = await SQL.schemas_used.all(connection, role)
    return found + [
        f"{role} may not use schema {row['name']}" for row in schemas if not row["used"]
    ]


async def powers_of(connection: Any, role: str) -> list[str]:
    """What `role` is or owns that lets it take guards away, a sentence each."""
    row = await SQL.powers.one(connection, role)
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
        *(
            f"GRANT {r.privileges()} ON public.{table} TO {role};"
            for table, r in house.tables().items()
        ),
    ]
