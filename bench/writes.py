"""What a stretch of PostgreSQL's log holds: records and bytes by table, insertions into indexes.

Counted from the log itself, so that the same work is found to cost the same; all of the stretch
must still be there. Left out are images of whole pages, which come after a checkpoint, and what
vacuuming writes.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

INSPECT: Final = "CREATE EXTENSION IF NOT EXISTS pg_walinspect"
NOW: Final = "SELECT pg_current_wal_flush_lsn()::text"
# Of this database's tables, and the ends of all transactions.
READ: Final = r"""
WITH records AS MATERIALIZED (
    SELECT r.resource_manager AS manager, r.record_type AS kind,
           r.record_length - r.fpi_length AS bytes,
           regexp_match(r.block_ref, 'rel (\d+)/(\d+)/(\d+)')::oid[] AS place
    FROM pg_get_wal_records_info($1::text::pg_lsn, $2::text::pg_lsn) AS r
    WHERE r.resource_manager = 'Heap' OR r.record_type !~ '^(PRUNE_VACUUM|VISIBLE|VACUUM|DELETE)'
), placed AS (
    SELECT r.manager, r.kind, r.bytes, pg_filenode_relation(0, r.place[3]) AS relation
    FROM records r
    JOIN pg_database d ON d.datname = current_database() AND d.oid = r.place[2]
)
SELECT coalesce(t.relname, c.relname)::text AS name, c.relname::text AS relation, p.manager,
       p.kind, count(*) AS records, sum(p.bytes)::bigint AS bytes
FROM placed p JOIN pg_class c ON c.oid = p.relation
LEFT JOIN pg_index i ON i.indexrelid = c.oid LEFT JOIN pg_class t ON t.oid = i.indrelid
WHERE c.relnamespace = 'public'::regnamespace
GROUP BY 1, 2, 3, 4
UNION ALL
SELECT 'transaction', '', manager, kind, count(*), sum(bytes)::bigint
FROM records WHERE manager = 'Transaction' GROUP BY 3, 4
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Records of one kind in one table or index; `name` is the table's."""

    name: str
    relation: str
    manager: str
    kind: str
    records: int
    bytes: int


@dataclass(slots=True)
class Writes:
    """What was written, by the names of tables; of updates also how many no index noticed."""

    rows: list[Written] = field(default_factory=list)
    records: Counter[str] = field(default_factory=Counter)
    bytes: Counter[str] = field(default_factory=Counter)
    index_insertions: Counter[str] = field(default_factory=Counter)
    updates: Counter[str] = field(default_factory=Counter)
    hot_updates: Counter[str] = field(default_factory=Counter)

    def add(self, row: Written) -> None:
        """Count a kind of records."""
        self.rows.append(row)
        self.records[row.name] += row.records
        self.bytes[row.name] += row.bytes
        if row.manager == "Btree" and row.kind.startswith("INSERT"):
            self.index_insertions[row.name] += row.records
        if row.manager == "Heap" and "UPDATE" in row.kind:
            self.updates[row.name] += row.records
        if row.kind.startswith("HOT_UPDATE"):
            self.hot_updates[row.name] += row.records

    def each(self, count: int) -> dict[str, dict[str, float]]:
        """By table, for each of so many top-ups; tables that have next to nothing are left out."""
        return {
            name: {
                "records": round(records / count, 2),
                "bytes": round(self.bytes[name] / count, 1),
                "index_insertions": round(self.index_insertions[name] / count, 2),
                "updates": round(self.updates[name] / count, 2),
                "hot_updates": round(self.hot_updates[name] / count, 2),
            }
            for name, records in self.records.most_common()
            if records >= count / 100
        }


async def log_position(connection: Any) -> str:
    """Where the log is now; the connection's role must be allowed to read it."""
    await connection.execute(INSPECT)
    position: str = await connection.fetchval(NOW)
    return position


async def written_since(connection: Any, position: str) -> Writes:
    """What came into the log since then."""
    writes = Writes()
    for row in await connection.fetch(READ, position, await connection.fetchval(NOW)):
        writes.add(Written(**dict(row)))
    return writes
