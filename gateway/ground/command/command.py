"""How a command is declared and run.

`@command(app, "create", example="…")` registers a function with the common options added
(`--data --database-url --owner-url --config --json --log-level`). It gets a `Call` first, then
its own parameters, and returns an `Answer`; async functions are run. What it raises becomes an
error message and an exit code.
"""

import contextlib
import inspect
import os
import sys
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from gateway.ground.command.failures import to_failure
from gateway.ground.command.output import Answer, Output, warn
from gateway.ground.command.reading import read_plainly
from gateway.ground.config import Config, load_config, unknown_variables
from gateway.ground.errors import ConfigError, RefusedError, RolledBackError

# Contexts below a context inherit them.
HELP_NAMES: Mapping[str, Any] = MappingProxyType({"help_option_names": ["-h", "--help"]})
ALONE: Final = "\0"  # the value of an option that was given none; no argument can hold it
Handler = Callable[..., Answer | Awaitable[Answer | None] | None]


class _HouseParameters:
    """What all parameters have in common, those of typer's own (`--help`) too."""

    def get_params(self, ctx: Any) -> Any:
        """The parameters as typer has them, read plainly, and flags without a placeholder.

        A switch takes no value; its help must not ask for a `<bool>`.
        """
        parameters = super().get_params(ctx)  # type: ignore[misc]
        for parameter in parameters:
            read_plainly(parameter)
            if getattr(parameter, "is_flag", False) and parameter.metavar is None:
                parameter.metavar = ""
        return parameters


class HouseCommand(_HouseParameters, TyperCommand):
    """One command. Whatever takes a whole number takes it in plain digits, all commands alike.

    An option whose placeholder is in brackets may stand without its value.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The arguments as typer takes them: an option that stands alone is given `ALONE`."""
        may = {
            name
            for parameter in self.get_params(ctx)
            if str(parameter.metavar).startswith("[")
            for name in parameter.opts
            if name.startswith("-")
        }
        whole = [
            f"{word}={ALONE}" if word in may and (after is None or after.startswith("-")) else word
            for word, after in zip_longest(args, args[1:])
        ]
        return list(super().parse_args(ctx, whole))


class HouseGroup(_HouseParameters, TyperGroup):
    """A room of commands."""


def room(text: str) -> typer.Typer:
    """An empty app for the commands of one noun."""
    return typer.Typer(
        cls=HouseGroup,
        help=text,
        no_args_is_help=True,
        add_completion=False,
        context_settings=dict(HELP_NAMES),
    )


class LogLevel(StrEnum):
    """How much is logged to stderr."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


ROLLED_BACK_MAX = 5  # times a command makes way for other transactions before it says so

# Commands are quiet; only `serve` logs at the configured level without being asked.
QUIET = LogLevel.WARNING


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One run of a command: what its common options said, and where its answer goes."""

    name: str  # as it is typed: "order show", "audit"
    flags: Mapping[str, Any]  # None: not given
    config_file: Path | None
    output: Output

    def config(self, **flags: Any) -> Config:
        """The settings of a process that serves; `flags` are its own, None when not given.

        Sets logging up as they say, so that nothing ever waits for it. Raises ConfigError.
        """
        return self._load(flags, background=True)

    def quiet_config(self) -> Config:
        """The settings of a run that says nothing but its answer unless `--log-level` asks."""
        level = self.flags["log_level"] or QUIET.value
        return self._load({"log_level": level}, background=False)

    def _load(self, flags: Mapping[str, Any], *, background: bool) -> Config:
        from gateway.ground.telemetry import set_up_logging

        try:
            config = load_config(
                flags={**self.flags, **flags}, environment=os.environ, file=self.config_file
            )
        except ConfigError as error:
            if str(error).startswith("--"):  # a flag, not the environment: wrong usage
                raise RefusedError("invalid-argument", str(error)) from None
            raise
        if ignored := unknown_variables(os.environ):
            warn(f"there is no setting {', '.join(ignored)}: ignored")
        set_up_logging(level=config.log_level, as_json=config.log_json, background=background)
        return config

    def gateway_url(self) -> str:
        """Where a gateway with these settings is reached from this machine."""
        config = self.quiet_config()
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(config.host, config.host)  # noqa: S104
        return f"http://{f'[{host}]' if ':' in host else host}:{config.port}"

    @property
    def debugging(self) -> bool:
        """True when the operator asked for everything."""
        return bool(self.flags["log_level"] == LogLevel.DEBUG)


def _import_logging() -> None:
    """Import structlog without the tracebacks of rich, which it takes along where there is one.

    Ours are plain; and importing rich is a sixth of the time a short command takes.
    """
    if "structlog" in sys.modules or "rich" in sys.modules:
        return
    sys.modules["rich"] = None  # type: ignore[assignment]
    try:
        import structlog  # noqa: F401
    finally:
        del sys.modules["rich"]


def _option(*names: str, text: str, **more: Any) -> Any:
    return typer.Option(*names, help=text, rich_help_panel="Common options", **more)


_COMMON: Mapping[str, tuple[Any, Any]] = {
    "data": (
        Annotated[
            str | None,  # not a Path: that would make nothing into the working directory
            _option("--data", metavar="DIR", text="Database, key file, reports. [QUANGATE_DATA]"),
        ],
        None,
    ),
    "key_file": (
        Annotated[
            str | None,
            _option("--kek", metavar="FILE", text="The key file (DIR/kek). [QUANGATE_KEK]"),
        ],
        None,
    ),
    "database_url": (
        Annotated[
            str | None,
            _option(
                "--database-url",
                metavar="URL",
                text="Your own PostgreSQL. [QUANGATE_DATABASE_URL]",
            ),
        ],
        None,
    ),
    "owner_url": (
        Annotated[
            str | None,
            _option(
                "--owner-url",
                metavar="URL",
                text="The same, as the owner of its tables: migrates. [QUANGATE_OWNER_URL]",
            ),
        ],
        None,
    ),
    "config_file": (
        Annotated[
            str | None,
            _option("--config", metavar="FILE", text="TOML file of settings. [QUANGATE_CONFIG]"),
        ],
        None,
    ),
    "as_json": (
        Annotated[bool, _option("--json", text="One JSON object as the last line of stdout.")],
        False,
    ),
    "wide": (
        Annotated[bool, _option("--wide", text="Tables in full width, however narrow the screen.")],
        False,
    ),
    "log_level": (
        Annotated[
            LogLevel | None,
            _option("--log-level", text="What is logged to stderr. [QUANGATE_LOG_LEVEL]"),
        ],
        None,
    ),
}


def _common_parameters() -> list[inspect.Parameter]:
    return [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
        for name, (kind, default) in _COMMON.items()
    ]


def command(app: typer.Typer, name: str, *, example: str) -> Callable[[Handler], Handler]:
    """Register a handler under a name; its docstring is the help, `example` ends it.

    The example says which noun the command belongs to, whatever its module is called.
    """

    def register(handler: Handler) -> Handler:
        noun = example.partition("quangate ")[2].split()[0]
        whole_name = name if name == noun else f"{noun} {name}"
        own = list(inspect.signature(handler).parameters.values())[1:]
        text = inspect.getdoc(handler) or ""
        add_command(app, name, whole_name, handler, own=own, text=text, example=example)
        return handler

    return register


def add_command(
    app: typer.Typer,
    name: str,
    whole_name: str,
    handler: Handler,
    *,
    own: Sequence[inspect.Parameter],
    text: str,
    example: str,
) -> None:
    """Register a handler with `own` parameters; `text` is its help, `example` ends it."""
    keyword_only = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own]

    def run(**values: Any) -> None:
        call = _take_call(whole_name, values)
        raise typer.Exit(_run(handler, call, values))

    parameters = [*keyword_only, *_common_parameters()]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in parameters}
    app.command(name, cls=HouseCommand, help=text, epilog=f"Example: {example}")(run)


def _take_call(name: str, values: dict[str, Any]) -> Call:
    """Separate the common options from the command's own."""
    level, file = values.pop("log_level"), values.pop("config_file")
    if file == "":
        raise typer.BadParameter("is empty: leave it out", param_hint="--config")
    return Call(
        name=name,
        flags={
            "data": values.pop("data"),
            "kek": values.pop("key_file"),
            "database_url": values.pop("database_url"),
            "owner_url": values.pop("owner_url"),
            "log_level": level.value if level is not None else None,
        },
        config_file=None if file is None else Path(file),
        output=Output(json=values.pop("as_json"), wide=values.pop("wide")),
    )


def _run(handler: Handler, call: Call, values: Mapping[str, Any]) -> int:
    """Run a handler to its exit code."""
    _import_logging()
    try:
        answer = _answer(handler, call, values)
    except typer.TyperException:
        raise  # wrong usage, found late
    except Exception as error:  # noqa: BLE001  the outermost frame: everything ends here
        if call.debugging:
            traceback.print_exc(file=sys.stderr)
        failure = to_failure(error)
        call.output.failure(failure)
        return failure.exit_code
    if answer is None:
        return 0
    call.output.answer(answer)
    return answer.exit_code


def _answer(handler: Handler, call: Call, values: Mapping[str, Any]) -> Answer | None:
    """The handler's answer, asked again while its transaction has to make way for others'."""
    for _ in range(ROLLED_BACK_MAX):
        with contextlib.suppress(RolledBackError):
            return _ask(handler, call, values)
    return _ask(handler, call, values)


def _ask(handler: Handler, call: Call, values: Mapping[str, Any]) -> Answer | None:
    result = handler(call, **values)
    if not inspect.isawaitable(result):
        return result
    import asyncio  # a tenth of a second that no help is to wait for

    return asyncio.run(_wait(result))


async def _wait(result: Awaitable[Answer | None]) -> Answer | None:
    return await result
