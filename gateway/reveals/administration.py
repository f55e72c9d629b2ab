"""What its actions and views ask, statement by statement."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from gateway.ground.sql.declared import Row, Statement, Statements


class Place(TypedDict):
    """Where a code of an order lies."""

    pool_id: int | None
    seq: int | None
    codes: int


class SealedCode(TypedDict):
    """A code as it is kept, and the wrapped key of its batch."""

    batch_id: int
    sealed: bytes
    data_key: bytes | None


class Head(TypedDict):
    """Where a chain of the log ended."""

    chain: int
    height: int
    hash: str


class Link(TypedDict):
    """One link of a chain."""

    no: int
    chain: int
    height: int
    via: str
    items: str | None
    digest: str
    hash: str
    at: datetime


class SeenOfOrder(TypedDict):
    """A row of the view, of one order."""

    id: str
    reveal: str
    at: datetime
    via: str
    actor: str | None
    order_no: str
    index: int | None
    reason: str | None
    approval: str | None


class SeenBy(TypedDict):
    """A row of the view, of one actor."""

    id: str
    reveal: str
    at: datetime
    via: str
    actor: str | None
    order_no: str | None
    index: int | None
    reason: str | None
    approval: str | None


class SQL(Statements, file="reveals/administration"):
    """Asked within an operator's transaction."""

    code_of_order: Statement[[int, int], Place]
    sealed_code: Statement[[int, int], SealedCode]
    views_since: Statement[[str, datetime, int], int]
    append_view: Statement[[int, str], int]
    list_reveals: Statement[[str | None, datetime | None, datetime | None, str | None, int], Row]
    reveals_by: Statement[[str, int], int]
    reveals_of: Statement[
        [str, datetime | None, datetime | None, str | None, int, Sequence[int]], SeenBy
    ]
    reveals_of_order: Statement[
        [str | None, datetime | None, datetime | None, str | None, int, int], SeenOfOrder
    ]
    heads: Statement[[], Head]
    links: Statement[[], Link]
