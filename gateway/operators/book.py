"""Reads who may work here, for whoever asks it of a request; it is in force within a second."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.ground.desk.all_declared import known_permissions
from gateway.ground.sql.declared import Statement, Statements
from gateway.operators.rules import Operator, OperatorsBook, Token, permissions_of


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorRow:
    """Somebody who is not disabled."""

    id: int
    name: str
    person: str
    is_frozen: bool
    roles: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviationRow:
    """What was granted to a role, or taken away."""

    role: str
    permission: str
    granted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRow:
    """A token that may work."""

    token_id: str
    operator: str
    hash: bytes
    permissions: list[str] | None
    expires_at: datetime


class SQL(Statements, file="operators/queries"):
    """The book."""

    operators: Statement[[], OperatorRow]
    deviations: Statement[[], DeviationRow]
    tokens: Statement[[], TokenRow]


async def read(connection: Any) -> OperatorsBook:
    """All of it, in the catalog's snapshot."""
    operators = await SQL.operators.all(connection)
    if not operators:
        return OperatorsBook()
    deviations: dict[str, dict[str, bool]] = defaultdict(dict)
    for row in await SQL.deviations.all(connection):
        deviations[row.role][row.permission] = row.granted
    known = known_permissions()
    found = {
        row.name: Operator(
            id=row.id,
            name=row.name,
            person=row.person,
            roles=tuple(row.roles),
            permissions=permissions_of(row.roles, deviations, known),
            is_frozen=row.is_frozen,
        )
        for row in operators
    }
    return OperatorsBook(
        operators=found,
        tokens={
            row.hash: _token(row, found[row.operator]) for row in await SQL.tokens.all(connection)
        },
    )


def _token(row: TokenRow, owner: Operator) -> Token:
    own = owner.permissions
    return Token(
        token_id=row.token_id,
        operator=owner,
        expires_at=row.expires_at,
        permissions=own if row.permissions is None else own & frozenset(row.permissions),
    )
