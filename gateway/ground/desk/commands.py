"""Commands from declarations: what ground/desk declares becomes `quangate NOUN VERB`.

Members become arguments and options, their bounds are checked by the ground, refusals get their
words here, and what an action prints is its answer.
"""

import inspect
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from gateway.ground.command.command import Call, add_command, room
from gateway.ground.command.output import Answer
from gateway.ground.command.parameters import read_settings, read_text, read_time
from gateway.ground.command.terminal import Terminal
from gateway.ground.command.whence import this_change
from gateway.ground.desk.action import Action, Reason, SecondPerson
from gateway.ground.desk.asking import Asked, ask, weigh
from gateway.ground.desk.given import Given, Member, members
from gateway.ground.desk.job import Job, work
from gateway.ground.desk.opening import make_site, open_at
from gateway.ground.desk.perform import look
from gateway.ground.desk.refusal import DeskRefusedError
from gateway.ground.desk.view import Page, View
from gateway.ground.desk.words import in_words
from gateway.ground.errors import RefusedError

Declared = Action | View | Page
_WHY: Final = typer.Option("--reason", help="Why; kept with the change.")
REASONS: Final = {
    Reason.ASKED: inspect.Parameter(
        "reason",
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[str | None, _WHY],
    ),
    Reason.WANTED: inspect.Parameter(
        "reason", inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[str, _WHY]
    ),
}
NONE = "none"  # of a file: there is to be none
# The command line is one person, whoever sits there: what it asked for it cannot approve.
WAITS: Final = (
    "This wants a second person, with an operator's token and not at a command line:"
    " POST /admin/v1/approvals/{id}/approve. What became of it: `quangate approval show {id}`."
)


def add_commands(app: typer.Typer, declared: Sequence[Declared]) -> None:
    """A command for each of them that has one, in their order; nested nouns are rooms in rooms."""
    shown = [one for one in declared if one.at_shell]
    if len(shown) == 1:
        app.callback()(_group)
    rooms: dict[str, typer.Typer] = {}
    for one in shown:
        own = [p for member in members(one.given) for p in parameters(member)]
        if isinstance(one, Action) and one.reason in REASONS:
            own.append(REASONS[one.reason])
        place = app if one.noun.under is None else _room_of(app, one, rooms)
        name = f"{one.noun.typed} {one.verb}"
        text, example = one.doc, one.example
        add_command(place, one.verb, name, _handler(one), own=own, text=text, example=example)


def _room_of(app: typer.Typer, one: Declared, rooms: dict[str, typer.Typer]) -> typer.Typer:
    noun = one.noun.name
    if noun not in rooms:
        rooms[noun] = room(f"{one.noun.en}: what `quangate {one.noun.typed}` does.")
        rooms[noun].callback()(_group)
        app.add_typer(rooms[noun], name=noun)
    return rooms[noun]


def _group() -> None:
    # What makes typer take a room of one command for a room.
    pass


def _handler(one: Declared) -> Any:
    async def handler(call: Call, **values: Any) -> Answer:
        reason = values.pop("reason", None) if _asks(one) else None
        given = read(one.given, values)
        try:
            if isinstance(one, Job):
                return await _work(call, one, given, reason)
            if isinstance(one, Action):
                return await _act(call, one, given, reason)
            if isinstance(one, View):
                return await _list(call, one, given)
            async with open_at(call, read_only=True, opens_vault=one.opens_vault) as at:
                return Answer(data=await one.read(at, given))
        except DeskRefusedError as refusal:
            typed = {member.name: as_typed(member) for member in members(one.given)}
            raise RefusedError(refusal.code, in_words(refusal, typed)) from None

    return handler


def _asks(one: Declared) -> bool:
    return isinstance(one, Action) and one.reason in REASONS


async def _act(call: Call, action: Action, given: Given, reason: str | None) -> Answer:
    async with open_at(call, opens_vault=action.opens_vault) as at:
        asked = await ask(action, at, given, this_change(reason))
    return _told(action, given, asked)


def _told(action: Action, given: Given, asked: Asked) -> Answer:
    if asked.refusal is not None:
        raise asked.refusal
    if asked.waits:
        note = WAITS.format(id=asked.answer["approval"]["id"])
        return Answer(data=asked.answer, note=note)
    return Answer(data=asked.answer, note=action.note(given, asked.answer) if action.note else None)


async def _work(call: Call, job: Job, given: Given, reason: str | None) -> Answer:
    config, asker, change = call.quiet_config(), Terminal(), this_change(reason)
    if job.second_person is not SecondPerson.NEVER:
        async with open_at(call, opens_vault=job.opens_vault) as at:
            change, waiting = await weigh(job, at, given, change)
        if waiting is not None:
            return _told(job, given, waiting)
    data = await work(job, given, change, make_site(call, config, asker))
    return Answer(data=data, note=asker.advice)


async def _list(call: Call, view: View, given: Given) -> Answer:
    async with open_at(call, read_only=True, opens_vault=view.opens_vault) as at:
        return Answer(data=await look(view, at, given))


# ---------------------------------------------------------------- members as parameters


def parameters(member: Member) -> list[inspect.Parameter]:
    """How a member is typed: an argument or an option; or either, where a value may be negative."""
    if not member.extra.get("argument"):
        return [_parameter(member, member.attribute, _option(member))]
    argument = typer.Argument(metavar=_metavar(member), help=_help(member))
    if not member.extra.get("either"):
        return [_parameter(member, member.attribute, argument)]
    option = typer.Option(_name(member), metavar=member.name.upper(), help="The same as an option.")
    return [
        _parameter(member, member.attribute, argument, may_miss=True),
        _parameter(member, f"{member.attribute}_option", option, may_miss=True),
    ]


def _parameter(member: Member, name: str, how: Any, *, may_miss: bool = False) -> inspect.Parameter:
    kind: Any = {dict: str, datetime: str}.get(member.kind, member.kind)
    if member.many or member.kind is dict:
        kind = list[kind]
    if may_miss or not member.required:
        kind = kind if member.kind is bool and not member.optional else kind | None
    default = member.default if not (member.many or member.kind is dict) else None
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=None if may_miss else inspect.Parameter.empty if member.required else default,
        annotation=Annotated[kind, how],
    )


def _option(member: Member) -> Any:
    name = _name(member)
    if member.kind is bool and member.optional:
        name = f"{name}/--no-{name[2:]}"
    return typer.Option(name, metavar=_metavar(member), help=_help(member))


def _name(member: Member) -> str:
    return f"--{member.name.replace('_', '-')}"


def _metavar(member: Member) -> str | None:
    if "metavar" in member.extra:
        return str(member.extra["metavar"])
    return member.name.upper() if member.extra.get("argument") else None


def _help(member: Member) -> str:
    """With the bounds of a number, unless they are beyond any sense."""
    least, most = member.least, member.most
    if least is None or (most is not None and most > 10**9):
        return member.help
    bounds = f"{least:.9g} to {most:.9g}" if most is not None else f"from {least:.9g}"
    return f"{member.help} ({bounds})"


def as_typed(member: Member) -> str:
    """What a member is called at the command line."""
    return (_metavar(member) or _name(member)) if member.extra.get("argument") else _name(member)


# ---------------------------------------------------------------- what was typed as a Given


def read(struct: type[Given], values: Mapping[str, Any]) -> Given:
    """The Given of what typer read; BadParameter for what has no meaning."""
    said: dict[str, Any] = {}
    for member in members(struct):
        value = values[member.attribute]
        if member.extra.get("either"):
            value = _one_of(member, value, values[f"{member.attribute}_option"])
        if value is not None:
            said[member.attribute] = _read(member, value)
    return struct(**said)


def _read(member: Member, value: Any) -> Any:
    if member.kind is dict:
        return read_settings(value)
    if member.many:
        return tuple(value)
    if member.kind is datetime:
        return read_time(value, as_typed(member))
    if member.extra.get("file") and value != NONE:
        return read_text(_name(member), Path(value))
    if member.extra.get("at_file") and value.startswith("@"):
        return read_text(_name(member), Path(value[1:]))
    return value


def _one_of(member: Member, argument: Any, option: Any) -> Any:
    if (argument is None) == (option is None):
        name = member.name
        raise typer.BadParameter(f"give the {name} once: as argument or as {_name(member)}=…")
    return argument if argument is not None else option
