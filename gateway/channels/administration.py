"""What its actions and views ask, statement by statement."""

from datetime import datetime
from typing import TypedDict

from gateway.ground.sql.declared import Row, Statement, Statements


class StoredChannel(TypedDict):
    """A channel; its settings are wrapped."""

    id: int
    adapter: str
    settings: bytes


class MappedProduct(TypedDict):
    """A number of the channel's own, and our SKU."""

    external_product: str
    sku: str
    created_at: datetime


class WaitingOrder(TypedDict):
    """An order of a house that waits for a person, and why."""

    number: str
    state: str
    why: str | None
    created_at: datetime


class SQL(Statements, file="channels/administration"):
    """Asked within an operator's transaction."""

    insert_channel: Statement[[str, str, int, str, bytes, str | None], int]
    list_channels: Statement[[str | None], Row]
    stored_channel: Statement[[str], StoredChannel]
    update_channel: Statement[[str, bytes, str | None], int]
    set_paused: Statement[[str, bool], int]
    map_product: Statement[[int, str, int], None]
    wake_unmapped: Statement[[int], None]
    unmap_product: Statement[[int, str], int]
    products_of: Statement[[int], MappedProduct]
    kind_of: Statement[[int], str]
    waiting_of: Statement[[int], WaitingOrder]
    retry_task: Statement[[int, str], str]
    drop_task: Statement[[int, str], int]
    trace_task: Statement[[str, str], Row]
    trace_channel: Statement[[str], Row]
    trace_product: Statement[[str, str], Row]
