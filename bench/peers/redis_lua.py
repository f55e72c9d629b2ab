"""FastAPI + uvicorn (uvloop, httptools) + Redis: a Lua script sells, and the log is what is kept.

What flash sales are often built on: number, stock and balance are checked and changed in one
script, and a stream has the order for whoever writes it down later. How much of it survives a
crash is the server's `appendfsync`: `always` loses nothing that was answered, `everysec` a second
of sales. It is spared what the gateway does, as the other peers are.

    PEER_REDIS=redis://… python -m bench.peers.redis_lua PORT
"""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from zlib import crc32

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from redis.asyncio import BlockingConnectionPool, Redis

from bench.peers.redis_fill import ACCOUNTS

PRICE_MINOR = 1990
CONNECTIONS = 32
STREAM = "orders"  # one entry an order: how many were sold is its length

SELL = """
if redis.call('EXISTS', KEYS[1]) == 1 then return {0, 'duplicate'} end
if redis.call('LLEN', KEYS[2]) == 0 then return {0, 'sold out'} end
if tonumber(redis.call('GET', KEYS[3])) < tonumber(ARGV[1]) then return {0, 'no balance'} end
local code = redis.call('LPOP', KEYS[2])
redis.call('DECRBY', KEYS[3], ARGV[1])
redis.call('SET', KEYS[1], code)
redis.call('XADD', KEYS[4], '*', 'number', ARGV[2], 'sku', ARGV[3], 'code', code)
return {1, code}
"""


class Order(BaseModel):
    """An order of one code; members this peer has no use for are ignored."""

    out_order_no: str
    sku: str


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Hold the connections while the application serves."""
    pool = BlockingConnectionPool.from_url(
        os.environ["PEER_REDIS"], max_connections=CONNECTIONS, timeout=None
    )
    redis = Redis(connection_pool=pool)
    app.state.sell = redis.register_script(SELL)
    try:
        yield
    finally:
        await redis.aclose()


app = FastAPI(lifespan=lifespan)


@app.post("/v1/orders")
async def create_order(order: Order, request: Request) -> JSONResponse:
    """Answer 201 with the code once the script has run, 409 when there is nothing to sell."""
    number = order.out_order_no
    account = crc32(number.encode()) % ACCOUNTS
    sold, said = await request.app.state.sell(
        keys=[f"order:{number}", "codes", f"account:{account}", STREAM],
        args=[PRICE_MINOR, number, order.sku],
    )
    if not sold:
        return JSONResponse({"code": said.decode()}, status_code=409)
    return JSONResponse({"out_order_no": number, "code": said.decode()}, status_code=201)


def main() -> None:
    """Serve on the loopback port of the command line until SIGTERM."""
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
