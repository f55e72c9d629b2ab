"""`quangate call`: one signed request to a running gateway."""

from typing import Annotated

import typer

from gateway.ground.command.command import Call, command, room
from gateway.ground.command.output import Answer

app = room("One signed request to a running gateway, as a partner sends it.")


@command(app, "call", example="quangate call GET /v1/account --key acme-key.json")
def call_(
    call: Call,
    *,
    method: Annotated[str, typer.Argument(metavar="METHOD", help="GET, POST …")],
    target: Annotated[
        str, typer.Argument(metavar="TARGET", help="Path and query, percent-encoded.")
    ],
    key: Annotated[
        str,
        typer.Option(
            "--key", metavar="FILE", help="What `key create --json` printed; -: from stdin."
        ),
    ],
    body: Annotated[
        str | None,
        typer.Option("--body", metavar="FILE", help="What is sent; -: from stdin."),
    ] = None,
    url: Annotated[
        str | None,
        typer.Option("--url", metavar="URL", help="The gateway (http://127.0.0.1:8080)."),
    ] = None,
    curl: Annotated[
        bool, typer.Option("--curl", help="Send nothing; print a script that does.")
    ] = False,
) -> Answer:
    """Sign and send; stdout is the answer's body. Exits 0 for 2xx, else 1.

    With --json it is one line: the answer if it is an object, {"body": …} if not, or {"error": …}.
    """
    from gateway.partners import signed_client as signed

    if key == "-" and body == "-":
        raise typer.BadParameter("only one of --key and --body can be -", param_hint="--key")
    request = signed.check_request(
        signed.SignedRequest(
            url=signed.check_gateway(url if url is not None else call.gateway_url()),
            method=method.upper(),
            target=target,
            body=b"" if body is None else signed.read_input(body, "--body"),
        )
    )
    identity = signed.read_key(signed.read_input(key, "--key").decode(errors="replace"))
    if curl:
        return signed.script(identity, request)
    reply = signed.send(identity, request)
    if call.output.json:
        return Answer(data=signed.document_of(reply))
    return Answer(data={}, raw=reply.body, exit_code=0 if reply.ok else 1)
