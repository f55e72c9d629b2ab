"""What the desk declares is whole: every action, view and page, walked one by one."""

import re
import shlex
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from gateway import command_line as root
from gateway.features import FEATURES
from gateway.ground.desk import commands as declared
from gateway.ground.desk.action import Action, Reason, SecondPerson
from gateway.ground.desk.commands import Declared, as_typed, read
from gateway.ground.desk.given import Given, check, kept, members
from gateway.ground.desk.port import already_exists, not_found
from gateway.ground.desk.refusal import DeskRefusedError
from gateway.ground.desk.rest.asked import as_given, from_query
from gateway.ground.desk.route import route_of
from gateway.ground.desk.view import View
from gateway.ground.desk.words import in_words
from gateway.ground.feature import PACKAGE
from gateway.nouns import ACTIONS, DECLARED, VIEWS
from tests.world.command_line import commands_of, unknown_commands

# Commands that are no declarations: their route, or why an operator by API has none.
PLAIN: Mapping[str, str] = {
    "audit": "GET audit",
    "doctor": "GET doctor",
    "reconcile": "POST upstreams/{upstream}/reconcile",
    "upstream test": "GET upstreams/{upstream}/test",
    "upstream balance": "GET upstreams/{upstream}/balance",
    "upstream catalog": "GET upstreams/{upstream}/catalog",
    "upstream connectors": "GET upstreams/connectors",
    "serve": "no: the API is what it serves",
    "restart": "no: it is a signal to a process of this machine",
    "demo": "no: a shop of its own, to be thrown away",
    "migrate": "no: it comes before anything is served",
    "call": "no: it is a partner's request, signed with a partner's key",
    "order place": "no: it is a partner's order, signed with a partner's key",
    "key check": "GET keys/{key_id}/check",
    "upstream scaffold": "no: it writes where the command stands",
    "upstream simulate": "no: it is a platform to try things with, on this machine",
    "campaign rehearse": "POST campaigns/{campaign}/rehearse",
    "backup": "no: it writes where the command stands",
    "restore": "no: nothing is served then",
    "restore-check": "no: nothing is sold before it",
    "reveals export": "no: it writes a file; `GET reveals` has the rows",
    "reveals verify": "no: it reads a file, where there is no shop",
}
COMMON = {"data", "database_url", "owner_url", "config_file", "as_json", "wide", "log_level"}


def named(one: Declared) -> str:
    """As it is typed."""
    return f"{one.noun.typed} {one.verb}"


def example_of(one: Declared) -> Given:
    """Its example, read as the command line reads it; of what has no command, as the API does."""
    if not one.at_shell:
        return asked_by_api(one)
    room, *below = named(one).split()
    command = root.load_room(room)
    for word in below:
        command = command.commands[word]
    words = shlex.split(one.example)
    assert words[: 2 + len(below)] == ["quangate", room, *below]
    params = dict(command.make_context(one.verb, words[2 + len(below) :]).params)
    return read(one.given, {name: params[name] for name in params if name not in COMMON})


def asked_by_api(one: Declared) -> Given:
    """The example of what the API has alone: `METHOD /admin/v1/PATH?QUERY {BODY}`."""
    method, target, *body = one.example.split(" ", maxsplit=2)
    where = route_of(one)
    path, _, query = target.removeprefix("/admin/v1/").partition("?")
    assert method == where.method
    fits = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", where.path), path)
    assert fits is not None
    values = dict(part.split("=") for part in query.split("&") if part) | fits.groupdict()
    if not body:
        return from_query(one.given, values)
    said = {k: v for k, v in msgspec.json.decode(body[0]).items() if k != "reason"}
    return as_given(one.given, said | values)


@pytest.fixture(autouse=True)
def _files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that examples name hold something."""
    monkeypatch.setattr(declared, "read_text", lambda *_, **__: "from a file")
    monkeypatch.setattr(
        "gateway.ground.command.parameters.read_text", lambda *_, **__: "from a file"
    )


@pytest.mark.parametrize("one", DECLARED, ids=named)
def test_its_example_is_good_for_every_face(one: Declared) -> None:
    """Typed or as JSON it is the same, within its bounds, and holds nothing there is no member for.
    Seen red with an example of another verb.
    """
    given = example_of(one)
    check(given)
    body = msgspec.json.encode(given)
    assert msgspec.json.decode(body, type=one.given) == given
    assert kept(given).keys() <= {member.name for member in members(one.given)}
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**msgspec.to_builtins(given), "colour": "red"}, one.given)


@pytest.mark.parametrize("one", DECLARED, ids=named)
def test_it_is_described(one: Declared) -> None:
    """A sentence, help for every member, a permission of its own noun, a name in two languages."""
    assert one.doc.strip().endswith((".", ")"))
    assert one.permission.startswith(f"{one.noun.plural}:")
    assert one.noun.zh != one.noun.en
    for member in members(one.given):
        assert member.help.endswith((".", "]", ")")), member.name
        assert not member.many or not member.required
        assert as_typed(member)
    if not isinstance(one, Action):
        assert one.permission == f"{one.noun.plural}:read"


@pytest.mark.parametrize("action", ACTIONS, ids=named)
def test_an_action_says_how_it_is_undone(action: Action) -> None:
    """And the commands it names for that exist; a limit has a second person, and the other way.
    Seen red with `quangate partner delete` in a sentence.
    """
    assert action.undo.endswith(".")
    assert unknown_commands(action.undo) == []
    assert (action.limit is not None) == (action.second_person is SecondPerson.ABOVE_LIMIT)
    sometimes = {SecondPerson.ABOVE_LIMIT, SecondPerson.SOMETIMES}
    assert (action.beyond is not None) == (action.second_person in sometimes)
    has_member = any(member.name == "reason" for member in members(action.given))
    assert has_member == (action.reason is Reason.MEMBER)
    assert callable(action.run)


# What shows a secret that it has just made; a token may, since it cannot step up (`gate`).
SHOWN_AT_MAKING = {
    "webhook set", "key create", "key rotate", "operator create", "operator token create",
    "operator reset-password", "operator reset-totp",
}  # fmt: skip
STEPS_UP: set[str] = set()
# What admin.md gives together, by the name of one of them.
TOGETHER = dict.fromkeys(("case approve", "case refuse", "case resolve"), "cases:decide")
TOGETHER |= {f"case {verb}": "cases:take" for verb in ("next", "take", "assign", "note", "snooze")}
TOGETHER["case escalate"] = "cases:take"


@pytest.mark.parametrize("action", ACTIONS, ids=named)
def test_who_may_do_it_and_what_it_shows(action: Action) -> None:
    """Its permission is its own name, so that a role can give it alone; what shows a secret is
    asked for once more, unless it was made there and then. Seen red without the step_up of
    `webhook secret`.
    """
    assert action.permission == TOGETHER.get(named(action), f"{action.noun.plural}:{action.verb}")
    assert not action.step_up or action.shows or named(action) in STEPS_UP
    assert bool(action.shows) == (action.step_up or named(action) in SHOWN_AT_MAKING)


# What the contract says wants somebody else; a limit is a setting `four_eyes.LIMIT.CURRENCY`.
SECOND_PERSON = {
    "order.resolve": None, "keys.retire": None, "codes.release": None, "operator.create": None,
    "operator.roles": None, "role.create": None, "role.grant": None, "setting.set": None,
    "price.create": "price", "sku.price": "price", "case.approve": "refund",
    "account.deposit": "deposit", "account.adjust": "adjustment",
}  # fmt: skip
LIMITS = {"adjustment", "deposit", "refund", "payout", "price"}


def test_what_wants_a_second_person() -> None:
    """Always, or above a limit. Seen red with a retirement that does not."""
    found = {
        action.name: action.limit
        for action in ACTIONS
        if action.second_person is not SecondPerson.NEVER
    }
    assert found.items() >= SECOND_PERSON.items()
    assert set(found.values()) <= LIMITS | {None}


def test_every_command_is_declared_or_plain() -> None:
    """A new command is a declaration, or stands above for a reason.
    Seen red without `change` in the list of nouns.
    """
    commands = {name for room in root.rooms() for name, _ in commands_of(room)}
    shown = [one for one in DECLARED if one.at_shell]
    declarations = {named(one) for one in shown}
    assert len(declarations) == len(shown)
    assert declarations | set(PLAIN) == commands
    assert declarations.isdisjoint(PLAIN)


def test_every_command_has_a_route_or_a_reason() -> None:
    """What the command line does, the API does: a declaration is a route by itself.
    Seen red without the routes of upstreams that are asked.
    """
    there = {f"{route.method} {route.path}" for route in map(route_of, DECLARED)}
    wanted = {said for said in PLAIN.values() if not said.startswith("no: ")}
    assert wanted - there == set()


def test_every_noun_is_in_the_list() -> None:
    """No file of declarations is forgotten."""
    files = {(path.parent.name, path.stem) for path in PACKAGE.glob("*/*desk.py")}
    assert files == {
        (feature.name, desk) for feature in FEATURES for desk in (*feature.desk, *feature.portal)
    }


# Filters that are no column: every row of the answer has the same, or it is a kind of state.
FILTERS_ONLY = {("codes", "pool"), ("shelf", "pool"), ("approval", "mine"),
                ("reveals", "from"), ("reveals", "to"), ("case", "open")}  # fmt: skip
PLAIN_NUMBERS = {"default", "last_status", "least", "lo", "most", "value"}


@pytest.mark.parametrize("view", VIEWS, ids=named)
def test_a_view_is_ready_for_every_face(view: View) -> None:
    """Filters are named as columns; a cursor and a limit come together, the cursor a column's;
    columns have a name in both languages and numbers a unit.

    Seen red without the cursor of `webhook list`, without the unit of a pool's leases.
    """
    names = [member.name for member in members(view.given)]
    columns = {column.name: column for column in view.columns}
    assert ("cursor" in names) == ("limit" in names) == (view.cursor is not None)
    assert view.cursor is None or view.cursor in columns
    for name in set(names) - {"cursor", "limit"}:
        assert name in columns or (view.noun.name, name) in FILTERS_ONLY, name
    for column in view.columns:
        assert column.zh
        assert column.en
        assert column.kind != "number" or column.unit or column.name in PLAIN_NUMBERS, column.name


@pytest.mark.parametrize(
    ("given", "field", "facts"),
    [
        ({"limit": 0}, "limit", {"least": 1, "most": 10_000, "value": 0}),
        ({"limit": 10_001}, "limit", {"least": 1, "most": 10_000, "value": 10_001}),
        ({"cursor": "7\n"}, "cursor", {"form": "a `next_cursor` of this list", "value": "7\n"}),
    ],
)
def test_what_is_out_of_bounds_is_told_in_facts(
    given: dict[str, Any], field: str, facts: dict[str, Any]
) -> None:
    """Code, field and facts; a face makes the sentence."""
    (view,) = (v for v in VIEWS if named(v) == "change list")
    with pytest.raises(DeskRefusedError) as caught:
        check(view.given(**given))
    error = caught.value
    assert (error.code, error.field, dict(error.facts)) == ("invalid-argument", field, facts)


NOUNS_NAMED = sorted(
    {
        (say.__name__, noun)
        for say in (already_exists, not_found)
        for path in PACKAGE.rglob("*.py")
        for noun in re.findall(rf"{say.__name__}\(\"([a-z ]+)\"", path.read_text(encoding="utf-8"))
    }
)


@pytest.mark.parametrize(("code", "noun"), NOUNS_NAMED)
def test_who_makes_a_name_twice_or_misses_one_is_shown_where_to_look(code: str, noun: str) -> None:
    """By a command that there is: not every noun has `show`, nor any a name that is new.

    Seen red with `show` in the sentences: campaigns, categories, channels and keys have none.
    """
    say = {"already_exists": already_exists, "not_found": not_found}[code]
    refusal = say(noun, "acme")
    assert isinstance(refusal, DeskRefusedError)
    sentence = in_words(refusal)
    if code == "already_exists":
        assert sentence.startswith(f"the {noun} acme is there already; ")
    assert unknown_commands(sentence) == []


CHOSEN = frozenset(
    {"kind", "state", "level", "per", "window", "adapter", "connector", "verdict", "hint"}
)
NOT_ASKED_BY = frozenset({("callbacks", "verdict"), ("callbacks", "hint"), ("cases", "level")})


def test_what_is_one_of_a_few_says_which() -> None:
    """Or a filter by what there is not would find nothing, in silence."""
    silent = {
        (one.noun.plural, column.name)
        for one in DECLARED
        if isinstance(one, View)
        for column in one.columns
        if column.name in CHOSEN and column.values is None
    }
    assert silent == NOT_ASKED_BY
