"""The upper bound of an aiohttp program: reads JSON, answers the JSON it got, does nothing else.

One process, one event loop (uvloop), no middlewares, no access log, the standard library's
JSON as `request.json()` and `web.json_response` use it. Any path is answered, because the
comparisons feed it the bytes that were made for the gateway.

    python -m bench.peers.echo PORT
"""

import sys

import uvloop
from aiohttp import web

# The gateway's own limit for a batch (api.md, 413): a hundred lines must fit here as well.
BODY_BYTES_MAX = 1_048_576


async def echo(request: web.Request) -> web.Response:
    """Answer 200 with the JSON that came."""
    return web.json_response(await request.json())


def application() -> web.Application:
    """The echo on the gateway's two order routes."""
    app = web.Application(client_max_size=BODY_BYTES_MAX)
    app.router.add_post("/v1/orders", echo)
    app.router.add_post("/v1/orders/batch", echo)
    return app


def main() -> None:
    """Serve on the loopback port of the command line until SIGTERM."""
    web.run_app(
        application(),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        access_log=None,
        loop=uvloop.new_event_loop(),
        print=None,
    )


if __name__ == "__main__":
    main()
