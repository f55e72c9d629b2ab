"""Reads the shelves for the order path."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.codes.shelving import Sellers, ShelfBook
from gateway.ground.sql.declared import Statement, Statements


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenShelf:
    """A shelf that somebody may sell from: by name the one of three who does, if it is bound."""

    id: int
    pool_id: int
    pool: str
    name: str
    sku: str | None
    channel: str | None
    campaign: str | None
    ends_at: datetime | None


class SQL(Statements, file="codes/shelf_queries"):
    """The book."""

    shelves: Statement[[], OpenShelf]


async def read(connection: Any) -> ShelfBook:
    """All open shelves, in the catalog's snapshot."""
    shelves = await SQL.shelves.all(connection)
    divided: defaultdict[int, Sellers] = defaultdict(Sellers)
    for shelf in shelves:
        if shelf.campaign is not None:
            divided[shelf.pool_id].campaigns[shelf.campaign] = shelf.id
        elif shelf.channel is not None:
            divided[shelf.pool_id].channels[shelf.channel] = shelf.id
        elif shelf.sku is not None:
            divided[shelf.pool_id].skus[shelf.sku] = shelf.id
    return ShelfBook(
        divided=dict(divided),
        next_end=min((s.ends_at for s in shelves if s.ends_at is not None), default=None),
        names={
            shelf.id: shelf.pool if shelf.id == shelf.pool_id else f"{shelf.pool}/{shelf.name}"
            for shelf in shelves
        },
    )
