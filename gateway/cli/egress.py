"""How an upstream is reached: the options that `upstream add` and `upstream update` share."""

from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from gateway.cli.parameters import read_text

NONE = "none"  # takes a way back, as in --proxy none

Proxy: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--proxy",
        metavar="URL",
        help="Reach it through this proxy, http://[USER:PASSWORD@]HOST:PORT; @FILE reads it; none.",
    ),
]
ClientCert: TypeAlias = Annotated[
    str | None,
    typer.Option("--client-cert", metavar="FILE", help="Our certificate in PEM; none."),
]
ClientKey: TypeAlias = Annotated[
    str | None,
    typer.Option("--client-key", metavar="FILE", help="Its key in PEM, stored encrypted; none."),
]
Authority: TypeAlias = Annotated[
    str | None,
    typer.Option("--ca", metavar="FILE", help="Trust these authorities only, in PEM; none."),
]
Http2: TypeAlias = Annotated[
    bool | None,
    typer.Option("--http2/--no-http2", help="Agree on HTTP/2 where the platform speaks it."),
]


def read_egress_options(
    *,
    proxy: str | None,
    client_cert: str | None,
    client_key: str | None,
    ca: str | None,
    http2: bool | None,
) -> dict[str, Any]:
    """The members of an Egress that were given, files read; `none` takes one away."""
    from connectors.secret import Secret

    given: dict[str, Any] = {}
    if proxy is not None:
        text = read_text("--proxy", Path(proxy[1:])) if proxy.startswith("@") else proxy
        given["proxy"] = None if text == NONE else Secret(text)
    for name, option, file in (
        ("client_cert", "--client-cert", client_cert),
        ("client_key", "--client-key", client_key),
        ("ca", "--ca", ca),
    ):
        if file is not None:
            given[name] = None if file == NONE else read_text(option, Path(file))
    if given.get("client_key") is not None:
        given["client_key"] = Secret(given["client_key"])
    if http2 is not None:
        given["http2"] = http2
    return given
