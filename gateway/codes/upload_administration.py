"""What operators see of files they uploaded, statement by statement."""

from datetime import datetime
from typing import TypedDict

from gateway.ground.sql.declared import Row, Statement, Statements


class OpenImports(TypedDict):
    """How many are not over."""

    own: int
    together: int


class PoolOfImport(TypedDict):
    """Where codes go; `purchased`: it holds what is bought on demand alone."""

    id: int
    purchased: bool


# One import; verdicts, warnings, error and given are JSON text. `import` is a keyword.
ShownImport = TypedDict(
    "ShownImport",
    {
        "import": str, "pool": str, "file": str, "state": str, "dry_run": bool, "size": int,
        "bytes_done": int, "imported": int | None, "duplicates": int | None,
        "rejected": int | None, "batch": str | None, "verdicts": str | None,
        "warnings": str | None, "error": str | None, "given": str, "reason": str | None,
        "made_by": str, "created_at": datetime, "started_at": datetime | None,
        "ended_at": datetime | None,
    },
)  # fmt: skip


class SQL(Statements, file="codes/upload_administration"):
    """Asked within an operator's transaction."""

    open_imports: Statement[[str], OpenImports]
    hold_imports: Statement[[], None]
    pool_of_import: Statement[[str], PoolOfImport]
    insert_import: Statement[[int, str, int, str, bool, str, str, str, str, str | None], int]
    insert_piece: Statement[[int, int, bytes], None]
    announce_import: Statement[[], None]
    list_imports: Statement[[str | None, str | None, str | None, int], Row]
    show_import: Statement[[int], ShownImport]
