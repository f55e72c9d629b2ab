"""The top of the command line: which rooms there are, and what wrong usage looks like.

A room's module is imported only when it is named, so that `quangate --help` is fast.
"""

import importlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from gateway.cli.command import HELP_NAMES, HouseGroup
from gateway.cli.failures import to_failure
from gateway.cli.output import Failure, Output

# Command: (module under gateway.cli, one line of help).
ROOMS: Final[Mapping[str, tuple[str, str]]] = {
    "serve": ("serve", "Run the gateway."),
    "demo": ("demo", "Show the whole product on this machine, in a minute."),
    "partner": ("partner", "Who orders: create, list, show."),
    "account": ("account", "A partner's money: deposit, credit-limit, show."),
    "key": ("key", "API keys: create, rotate, revoke, list."),
    "pool": ("pool", "Stocks of codes: create, list, show."),
    "codes": ("codes", "Codes: import, generate, stats, void."),
    "sku": ("sku", "What is sold: create, list, show, price, on-sale, off-sale."),
    "campaign": ("campaign", "Flash sales: create, list."),
    "upstream": (
        "upstream",
        "Platforms we buy from: add, list, show, pause, connectors, simulate.",
    ),
    "channel": ("channel", "Platforms that order from us: add, list."),
    "order": ("order", "Orders: place, show, list, resolve, cancel."),
    "call": ("call", "One signed request to a running gateway."),
    "webhook": ("webhook", "Messages to partners: set, secret, list, replay."),
    "reconcile": ("reconcile", "Compare our records of a day with an upstream's."),
    "keys": ("keys", "The key that encrypts keys: create, show, rotate."),
    "change": ("change", "The log of what operators did: list."),
    "audit": ("audit", "Check the invariants on the live database."),
    "migrate": ("migrate", "Prepare a PostgreSQL of your own, as its owner."),
    "doctor": ("doctor", "Check this machine and its settings."),
}


class RoomGroup(HouseGroup):
    """Lists the rooms from the table and loads the one that is named."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Swap the stub of the named room for the room."""
        name, command, rest = super().resolve_command(ctx, args)
        if name is not None and command is not None:
            command = load_room(name)
        return name, command, rest


def rooms() -> list[str]:
    """The rooms of the table that this installation has."""
    here = Path(__file__).parent
    return [name for name, (module, _) in ROOMS.items() if (here / f"{module}.py").exists()]


def load_room(name: str) -> Any:
    """Import a room's module and build its command."""
    module = importlib.import_module(f"gateway.cli.{ROOMS[name][0]}")
    command = typer.main.get_command(module.app)
    command.name = name
    return command


root = typer.Typer(
    cls=RoomGroup,
    no_args_is_help=True,
    context_settings=dict(HELP_NAMES),
    help="A fulfilment gateway for virtual goods: codes, links and direct top-ups.",
    epilog="Start with `quangate demo`, or `quangate serve`. Every command has --help.",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        sys.stdout.write(f"quangate {version('quangate')}\n")
        raise typer.Exit


@root.callback()
def _options(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_show_version, help="Print the version."),
    ] = False,
) -> None:
    pass


def build() -> TyperGroup:
    """The root group with a stub for every room."""
    group = typer.main.get_command(root)
    assert isinstance(group, TyperGroup)
    for name in rooms():
        group.add_command(TyperCommand(name, help=ROOMS[name][1]))
    return group


def run(arguments: Sequence[str]) -> int:
    """Run a command line to its exit code: 0 done, 1 refused or failed, 2 wrong usage."""
    output = Output(json=_asks_for_json(arguments))
    try:
        result = build().main(list(arguments), prog_name="quangate", standalone_mode=False)
    except typer.TyperException as error:
        _show_usage(error, output)
        return error.exit_code
    except typer.Abort:
        return 130
    except Exception as error:  # noqa: BLE001  e.g. a room that cannot be imported
        failure = to_failure(error)
        output.failure(failure)
        return failure.exit_code
    return result if isinstance(result, int) else 0


def _asks_for_json(arguments: Sequence[str]) -> bool:
    """Whether the answer is to be JSON, also when the usage is wrong (`--json=true`)."""
    own = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return any(word == "--json" or word.startswith("--json=") for word in own)


def _show_usage(error: typer.TyperException, output: Output) -> None:
    if output.json:
        output.failure(Failure(code="usage", detail=error.format_message()))
        return
    from typer.rich_utils import rich_format_error

    rich_format_error(error)  # type: ignore[arg-type]  # every one of typer's own is
