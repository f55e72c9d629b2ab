"""`quangate upstream`: platforms we buy from, and simulators of them."""

import json
import signal
import sys
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from gateway.dispatch import platform_command, simulators
from gateway.dispatch.desk import DECLARED
from gateway.ground.command.command import Call, command, room
from gateway.ground.command.output import Answer
from gateway.ground.command.parameters import Limit, read_settings
from gateway.ground.desk.commands import add_commands
from gateway.ground.desk.opening import open_desk
from gateway.ground.errors import RefusedError

app = room("Platforms we buy from.")

Upstream: TypeAlias = Annotated[str, typer.Argument(metavar="NAME", help="An upstream's name.")]
Settings: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="A setting; NAME=@FILE reads it. Repeat it."),
]

add_commands(app, DECLARED)


@command(app, "test", example="quangate upstream test f1")
async def test(call: Call, name: Upstream) -> Answer:
    """Ask the platform for our balance: address, credentials and signature, without an order."""
    return Answer(data=await platform_command.dial(partial(open_desk, call), name))


@command(app, "balance", example="quangate upstream balance f1")
async def balance(call: Call, name: Upstream) -> Answer:
    """What may still be spent there, in minor units."""
    return Answer(data=await platform_command.balance(partial(open_desk, call), name))


@command(app, "catalog", example="quangate upstream catalog f1 --limit 20")
async def catalog(call: Call, name: Upstream, limit: Limit = 100) -> Answer:
    """The platform's products: ids for `--route`, faces and costs in minor units."""
    return Answer(data=await platform_command.catalog(partial(open_desk, call), name, limit))


# The behaviours stand here in words, so that --help loads no simulator; a test compares the two.
SCRIPT_HELP = (
    'What it does to whom, as JSON: {"rules": [{"account": REGEX, "do": BEHAVIOUR, "share": 0.1}]}.'
    " BEHAVIOUR is 000 to 013, as the account's last three characters choose it without a rule, or"
    " a name: success, rejected, processing, executed_dropped, dropped, partial, reversed,"
    " callbacks_doubled, callback_first, error_executed, throttled, garbled, no_callback,"
    " forged_callback; failed, storm, error, truncated, huge, slow, mismatched, late_callback,"
    " callbacks_stormed, contradicted, hidden, hidden_dropped, queries_fail; partly_refunded,"
    " success_partly_refunded; unknown_product, balance_exhausted, price_changed, bad_account,"
    " bad_credentials, rate_limited, token_expired."
)


@command(app, "connectors", example="quangate upstream connectors")
def connectors(call: Call) -> Answer:  # noqa: ARG001  it needs no shop
    """The platforms there are connectors for, and the settings (`--set`) each of them takes."""
    found = platform_command.connectors()
    return Answer(data={"connectors": found}, view=simulators.as_table(found))


@command(app, "scaffold", example="quangate upstream scaffold lanyun --to ./quangate-lanyun")
def scaffold(
    call: Call,  # noqa: ARG001  it needs no shop
    name: Annotated[str, typer.Argument(metavar="NAME", help="The connector's name.")],
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="DIR", help="Where, new or empty (default: ./NAME)."),
    ] = None,
) -> Answer:
    """Write a new connector as a package: connector, simulator, tests that pass. Install it beside
    quangate (`pip install DIR`), and it is known.
    """
    from connectors import registry
    from connectors.scaffold.write import ScaffoldError, scaffold

    directory = Path(name) if to is None else to
    try:
        files = scaffold(name, directory, registry.CONNECTORS)
    except ScaffoldError as error:
        raise RefusedError("invalid-argument", str(error)) from None
    return Answer(data={"connector": name, "directory": str(directory), "files": files})


@command(app, "simulate", example="quangate upstream simulate fulu --port 9001")
async def simulate(
    call: Call,  # noqa: ARG001  no settings of the gateway matter here
    *,
    connector: Annotated[str, typer.Argument(metavar="CONNECTOR", help="Which platform.")],
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, help="0 takes a free one.")],
    host: Annotated[str, typer.Option("--host", help="Where to listen.")] = "127.0.0.1",
    settings: Settings = None,
    callback_url: Annotated[
        str | None,
        typer.Option(
            "--callback-url", metavar="URL", help="Where callbacks go if a request names none."
        ),
    ] = None,
    script: Annotated[
        Path | None, typer.Option("--script", metavar="FILE", help=SCRIPT_HELP)
    ] = None,
) -> Answer | None:
    """Run a simulator of a platform until it is stopped. For tests and trying things out."""
    import asyncio

    from connectors.settings import SettingsError
    from connectors.simulation import run
    from connectors.simulation.behaviour import ScriptError

    def started(url: str) -> None:
        _say(f"listening on {url}")
        _say(f"to buy there: {simulators.adding(connector, url, settings or ())}")

    task = asyncio.ensure_future(
        run(
            connector,
            host,
            port,
            settings=read_settings(settings or ()),
            callback_url=callback_url,
            script=_read_script(script),
            started=started,
        )
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        return None
    except (SettingsError, ScriptError) as error:
        raise RefusedError("invalid-argument", str(error)) from None
    except OSError as error:
        raise RefusedError(
            "cannot-listen", f"cannot listen on {host}:{port}: {error.strerror}"
        ) from None
    return None


def _read_script(path: Path | None) -> Any:
    if path is None:
        return None
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RefusedError("invalid-script", f"{path}: {error}") from None


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
