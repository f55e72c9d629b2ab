"""What is asked about roles and their rights, statement by statement."""

from collections.abc import Sequence
from typing import TypedDict

from gateway.ground.sql.declared import Statement, Statements


class TableRights(TypedDict):
    """A table: the privileges held on all of it, its columns, those that may be changed."""

    name: str
    held: Sequence[str]
    columns: Sequence[str]
    updatable: Sequence[str]


class SchemaUse(TypedDict):
    """A schema of ours, and whether it may be used."""

    name: str
    used: bool


class Powers(TypedDict):
    """What a role is, in words, how many tables it owns, whether it makes its own."""

    powers: Sequence[str]
    owned: int
    creates: bool


class Migrating(TypedDict):
    """What this session's role needs to migrate; names are quoted."""

    role: str
    database: str
    recovers: bool
    has_public: bool
    public: bool
    makes_schemas: bool
    anothers: bool


class SQL(Statements, file="ground/sql/roles"):
    """Roles and what they may do; the rights are rights.py."""

    tables: Statement[[], str]
    routine_schemas: Statement[[], str]
    rights_of: Statement[[str], TableRights]
    schemas_used: Statement[[str], SchemaUse]
    powers: Statement[[str], Powers]
    may_migrate: Statement[[], Migrating]
    has_role: Statement[[str], bool]
