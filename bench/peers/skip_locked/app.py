"""FastAPI + uvicorn (uvloop, httptools) + asyncpg: one transaction per order, `SKIP LOCKED`.

What a competent team writes on an afternoon, and a fair one: a pool of connections, prepared
statements (asyncpg keeps them), an index on the free codes, the code taken and marked in one
statement, the balance debited last so that its lock is held only across the commit. It is
spared what the gateway does: no signature, no scopes, no limits, no encryption at rest, codes
in plain text. And its debits go to 256 accounts by turns, so that no hot row bounds it, while
the gateway charges every order of a comparison to one.

    PEER_DSN=postgresql://… python -m bench.peers.skip_locked.app PORT [one-statement]

`one-statement`: the same in one round trip and one statement, which is 1.7 times as fast.
"""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from zlib import crc32

import asyncpg
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from bench.peers.skip_locked.tables import ACCOUNTS

PRICE_MINOR = 1990
# Enough sessions that commits share their fsync; more only queue up inside PostgreSQL.
CONNECTIONS = 32

INSERT_ORDER = """
INSERT INTO orders (out_order_no, sku, account_id, amount) VALUES ($1, $2, $3, $4)
ON CONFLICT (out_order_no) DO NOTHING RETURNING id
"""
TAKE_CODE = """
UPDATE code SET order_id = $1
WHERE id = (SELECT id FROM code WHERE order_id IS NULL ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING code
"""
SELL = """
WITH free AS (SELECT id FROM code WHERE order_id IS NULL
              ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED),
     paid AS (UPDATE account SET balance = balance - $4
              WHERE id = $3 AND balance >= $4 AND EXISTS (SELECT FROM free) RETURNING id),
     made AS (INSERT INTO orders (out_order_no, sku, account_id, amount)
              SELECT $1, $2, $3, $4 FROM paid RETURNING id)
UPDATE code SET order_id = made.id FROM made, free WHERE code.id = free.id RETURNING code.code
"""
DEBIT = "UPDATE account SET balance = balance - $2 WHERE id = $1 AND balance >= $2 RETURNING 1"


class Order(BaseModel):
    """An order of one code; members this peer has no use for are ignored."""

    out_order_no: str
    sku: str


class RefusedError(Exception):
    """Rolls the transaction back and is answered as a conflict."""


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Hold the pool of connections while the application serves."""
    pool = await asyncpg.create_pool(
        os.environ["PEER_DSN"], min_size=CONNECTIONS, max_size=CONNECTIONS
    )
    app.state.pool = pool
    try:
        yield
    finally:
        await pool.close()


async def place(connection: Any, order: Order) -> str:
    """Sell one code in one transaction; raises RefusedError when it cannot be sold."""
    account_id = crc32(order.out_order_no.encode()) % ACCOUNTS
    async with connection.transaction():
        order_id = await connection.fetchval(
            INSERT_ORDER, order.out_order_no, order.sku, account_id, PRICE_MINOR
        )
        if order_id is None:
            raise RefusedError("duplicate")
        code: str | None = await connection.fetchval(TAKE_CODE, order_id)
        if code is None:
            raise RefusedError("sold out")
        if await connection.fetchval(DEBIT, account_id, PRICE_MINOR) is None:
            raise RefusedError("insufficient balance")
    return code


async def place_at_once(connection: Any, order: Order) -> str:
    """The same in one statement; raises RefusedError when it cannot be sold."""
    account_id = crc32(order.out_order_no.encode()) % ACCOUNTS
    try:
        code: str | None = await connection.fetchval(
            SELL, order.out_order_no, order.sku, account_id, PRICE_MINOR
        )
    except asyncpg.UniqueViolationError:
        raise RefusedError("duplicate") from None
    if code is None:
        raise RefusedError("sold out or insufficient balance")
    return code


app = FastAPI(lifespan=lifespan)
app.state.place = place


@app.post("/v1/orders")
async def create_order(order: Order, request: Request) -> JSONResponse:
    """Answer 201 with the code after the commit, 409 when there is nothing to sell."""
    try:
        async with request.app.state.pool.acquire() as connection:
            code = await request.app.state.place(connection, order)
    except RefusedError as refusal:
        return JSONResponse({"code": str(refusal)}, status_code=409)
    return JSONResponse({"out_order_no": order.out_order_no, "code": code}, status_code=201)


def main() -> None:
    """Serve on the loopback port of the command line until SIGTERM."""
    if sys.argv[2:] == ["one-statement"]:
        app.state.place = place_at_once
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
