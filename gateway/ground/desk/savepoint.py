"""Parts of an operator's transaction that are taken back alone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.ground.desk.administration import Transaction
from gateway.ground.errors import RefusedError


@asynccontextmanager
async def undone(db: Transaction) -> AsyncIterator[None]:
    """What is done inside is undone at its end, whichever way it ends; its locks are given back."""
    await db.execute("SAVEPOINT undone")
    try:
        yield
    finally:
        await db.execute("ROLLBACK TO SAVEPOINT undone")
        await db.execute("RELEASE SAVEPOINT undone")


@asynccontextmanager
async def in_one(db: Transaction) -> AsyncIterator[None]:
    """What is done inside takes effect with the rest, unless it raises: then none of it does."""
    await db.execute("SAVEPOINT in_one")
    try:
        yield
    except RefusedError:
        await db.execute("ROLLBACK TO SAVEPOINT in_one")
        raise
    await db.execute("RELEASE SAVEPOINT in_one")
