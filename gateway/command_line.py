"""The top of the command line: which rooms there are, and what wrong usage looks like.

A room's module is imported only when it is named, so that `quangate --help` is fast.
"""

import importlib
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from gateway.ground import house
from gateway.ground.command.command import HELP_NAMES, HouseGroup
from gateway.ground.command.failures import to_failure
from gateway.ground.command.output import Failure, Output
from gateway.ground.version import VERSION

# Commands of the program as a whole: module, one line of help.
PROGRAM: Final[Mapping[str, tuple[str, str]]] = {
    "serve": ("gateway.serve_command", "Run the gateway."),
    "restart": ("gateway.restart_command", "Replace the workers of the gateway that runs."),
    "demo": ("gateway.demo.commands", "Show the whole product on this machine, in a minute."),
}


def rooms() -> Mapping[str, tuple[str, str]]:
    """Every command: the module that makes it, and its line of help."""
    return dict(PROGRAM) | {
        noun: (f"gateway.{feature.name}.{module}", line)
        for feature in house.features()
        for noun, (module, line) in feature.commands.items()
    }


class RoomGroup(HouseGroup):
    """Lists the rooms from the table and loads the one that is named."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Swap the stub of the named room for the room."""
        name, command, rest = super().resolve_command(ctx, args)
        if name is not None and command is not None:
            command = load_room(name)
        return name, command, rest


def load_room(name: str) -> Any:
    """Import a room's module and build its command."""
    module = importlib.import_module(rooms()[name][0])
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
        sys.stdout.write(f"quangate {VERSION}\n")
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
    for name, (_, line) in rooms().items():
        group.add_command(TyperCommand(name, help=line))
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
