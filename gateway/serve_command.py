"""`quangate serve`: run the gateway."""

from typing import Annotated

import typer

from gateway.ground.command.command import Call, command, room

app = room("Run the gateway.")


AnchorsOption = Annotated[
    str | None,
    typer.Option(
        "--anchors",
        metavar="DIR|off",
        help="Where the ends of the books' chains are written down, outside the database"
        " (DATA/anchors). [QUANGATE_ANCHORS]",
    ),
]

ProxyProtocolOption = Annotated[
    bool | None,
    typer.Option(
        "--proxy-protocol",
        help="Connections of trusted proxies begin with a PROXY v2 header."
        " [QUANGATE_PROXY_PROTOCOL]",
    ),
]

ReplicaOption = Annotated[
    str | None,
    typer.Option(
        "--replica-url",
        metavar="URL",
        help="A standby of the database, or several, for reads that may lag: products, operators'"
        " lists. Never orders or money; without an answer the primary is asked. One with a password"
        " belongs in [QUANGATE_REPLICA_URL] or the config file: arguments are public.",
    ),
]

RedisOption = Annotated[
    str | None,
    typer.Option(
        "--redis-url",
        metavar="URL",
        help="Redis 7 or newer, or Valkey, that all nodes share: redis://, rediss://, unix://,"
        " redis+sentinel://, redis+cluster://. One with a password belongs in"
        " [QUANGATE_REDIS_URL] or the config file: arguments are public.",
    ),
]


@command(app, "serve", example="quangate serve --port 8080 --workers 2")
def serve(
    call: Call,
    *,
    host: Annotated[
        str | None, typer.Option("--host", help="Address to listen on (127.0.0.1). [QUANGATE_HOST]")
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", help="Port; 0: a free one (8080). [QUANGATE_PORT]")
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", help="Worker processes (1). [QUANGATE_WORKERS]")
    ] = None,
    replica_url: ReplicaOption = None,
    redis_url: RedisOption = None,
    public_url: Annotated[
        str | None,
        typer.Option(
            "--public-url",
            metavar="URL",
            help="Where upstreams reach us (http://HOST:PORT). [QUANGATE_PUBLIC_URL]",
        ),
    ] = None,
    trusted_proxy: Annotated[
        list[str] | None,
        typer.Option(
            "--trusted-proxy",
            metavar="CIDR",
            help="Believe X-Forwarded-For and -Proto of these peers alone; repeat it."
            " [QUANGATE_TRUSTED_PROXIES]",
        ),
    ] = None,
    proxy_protocol: ProxyProtocolOption = None,
    allow_unsafe_database: Annotated[
        bool | None,
        typer.Option(
            "--allow-unsafe-database",
            help="Run even if the database may lose what it acknowledged (fsync off). "
            "[QUANGATE_ALLOW_UNSAFE_DATABASE]",
        ),
    ] = None,
    anchors: AnchorsOption = None,
    log_json: Annotated[
        bool | None, typer.Option("--log-json", help="Log JSON lines. [QUANGATE_LOG_JSON]")
    ] = None,
) -> None:
    """Take orders until SIGTERM, which drains, gives the leases back and exits 0.

    Prints "listening on http://HOST:PORT" on stderr once it takes orders.
    """
    config = call.config(
        host=host,
        port=port,
        workers=workers,
        replica_url=replica_url,
        redis_url=redis_url,
        public_url=public_url,
        trusted_proxies=trusted_proxy or None,
        proxy_protocol=proxy_protocol,
        allow_unsafe_database=allow_unsafe_database,
        anchors=anchors,
        log_json=log_json,
    )
    from gateway.app import serve as run

    run(config)
