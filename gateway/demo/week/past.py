"""Moves the slots of a shop's making to their hours of the week; past.sql is the script."""

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from gateway.demo.week.clock import Begun
from gateway.ground.config import Config
from gateway.ground.errors import RefusedError
from gateway.ground.sql.connecting import connect
from gateway.ground.sql.declared import Statement, Statements
from gateway.ground.sql.embedded import EmbeddedServer


class Table(NamedTuple):
    """A table with times: a question with one parameter, and an update."""

    named: str
    older: str
    move: str | None


class SQL(Statements, file="demo/week/past"):
    """The script, statement by statement."""

    tables: Statement[[], Table]
    create_slots: Statement[[], None]
    create_then: Statement[[], None]
    create_text_then: Statement[[], None]
    insert_slot: Statement[[float, float, float], None]
    past_triggers: Statement[[], None]
    migrations_begin: Statement[[], None]
    approvals_end: Statement[[], None]
    cases_end: Statement[[], None]
    tokens_end: Statement[[], None]
    texts: Statement[[], None]
    change_texts: Statement[[], None]
    change_chain: Statement[[], None]


async def move_to_the_past(data: Path, slots: Sequence[Begun], began_s: float) -> None:
    """Of the shop in `data`, made since `began_s` (Unix seconds); nobody may run on it.

    Raises RefusedError where anything in it is older: then it is somebody's shop.
    """
    server = EmbeddedServer(data)
    await asyncio.to_thread(server.start, may_make=False)
    try:
        connection = await connect(server.dsn, Config(data=data))
        try:
            async with connection.transaction():
                await _move(connection, slots, began_s)
        finally:
            await connection.close()
    finally:
        await asyncio.to_thread(server.release)
    # Lines about what the books said while they were made; the next gateway begins anew.
    shutil.rmtree(data / "anchors", ignore_errors=True)


async def _move(connection: Any, slots: Sequence[Begun], began_s: float) -> None:
    tables = await SQL.tables.all(connection)
    for table in tables:
        if await connection.fetchval(table.older, began_s):
            raise RefusedError(
                "not-its-own",
                f"{table.named} has rows from before: only a demo's own shop is moved.",
            )
    for helper in (SQL.create_slots, SQL.create_then, SQL.create_text_then):
        await helper.run(connection)
    for slot in slots:
        await SQL.insert_slot.run(connection, slot.real_s, slot.past_s, slot.stretch)
    await SQL.past_triggers.run(connection)
    for moved in (
        SQL.migrations_begin, SQL.approvals_end, SQL.cases_end, SQL.tokens_end, SQL.texts,
        SQL.change_texts,
    ):  # fmt: skip
        await moved.run(connection)
    for table in tables:
        if table.move is not None:
            await connection.execute(table.move)
    await SQL.change_chain.run(connection)
