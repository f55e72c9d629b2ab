"""An action as a form: asked for, judged as everywhere (desk/gate.py), and what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import msgspec
from aiohttp.web import StreamResponse

from gateway.ground.desk.action import Action
from gateway.ground.desk.html.fields import Typed, fields_of, said_of
from gateway.ground.desk.html.form_shown import (
    FORM_TOKEN,
    REQUEST_KEY,
    Refused,
    back_of,
    form_of,
    is_for_own,
    title_of,
    wants_code,
)
from gateway.ground.desk.html.frame import LANGUAGE, Link, query_of
from gateway.ground.desk.html.refusals import saying
from gateway.ground.desk.html.rooms import Visit
from gateway.ground.desk.html.visitor import Sessions
from gateway.ground.desk.rest import asked as reading
from gateway.ground.desk.rest.acting import ACCEPTED, Acting, Wish
from gateway.ground.desk.rest.once import Told
from gateway.ground.desk.rest.refusals import as_problems
from gateway.ground.desk.route import key_of, route_of
from gateway.ground.desk.second import second_persons
from gateway.ground.http.problems import KINDS, ProblemError

VERSION: Final = "version"
CODE: Final = "one_time_code"
PASSKEY: Final = "passkey"  # what an authenticator answered; it does for a code
PURPOSE: Final = "purpose"  # what it is asked for, as console.mjs says it to /console/me/passkeys
SAID_NO_CODE: Final = "This code is wrong, or was used; wait for the next one."
SAID_NO_PASSKEY: Final = "This passkey was not taken: try again, or type the code."
OURS: Final = frozenset({FORM_TOKEN, REQUEST_KEY, VERSION, CODE, PASSKEY, PURPOSE})


class Forms:
    """Shows the forms of actions and does what is typed in them."""

    def __init__(self, sessions: Sessions, acting: Acting) -> None:
        self._sessions = sessions
        self._acting = acting

    async def show(self, visit: Visit, action: Action, names: Mapping[str, str]) -> StreamResponse:
        """The form, with what the query says already in it."""
        query = query_of(visit.request)
        typed = {n: [text] for n, text in query.items() if n != LANGUAGE}
        return await self._form(visit, action, names, typed, Refused())

    async def act(
        self, visit: Visit, action: Action, names: Mapping[str, str], typed: Typed
    ) -> StreamResponse:
        """Do it; refused, the form again, with what was typed and what is wrong."""
        again = await self.done_before(visit, action, names, typed)
        if again is not None:
            return again
        if wants_code(visit, action):
            code, shown = ("".join(typed.get(name, ())) for name in (CODE, PASSKEY))
            if not (code.strip() or shown):
                said = visit.words("This wants a one-time code first.")
                refused = Refused(status=403, general=[said])
                return await self._form(visit, action, names, typed, refused)
            stepped_up = await (
                self._sessions.step_up_by_passkey(visit.visitor, shown, visit.request)
                if shown
                else self._sessions.step_up(visit.visitor, code, visit.request)
            )
            if stepped_up is None:
                said = visit.words(SAID_NO_PASSKEY if shown else SAID_NO_CODE)
                refused = Refused(status=403, code_error=said)
                return await self._form(visit, action, names, typed, refused)
            visit = visit.stepped_up(stepped_up)
        try:
            with as_problems(action, saying(visit.words)):
                wish = _wish(visit, action, names, typed)
                told = await self._acting.act(wish)
        except ProblemError as problem:
            return await self._refused(visit, action, names, typed, problem)
        return await self._told(visit, wish, told)

    async def done_before(
        self, visit: Visit, action: Action, names: Mapping[str, str], typed: Typed
    ) -> StreamResponse | None:
        """What this very form came to when it was sent first: a page that is loaded again, also
        after a one-time code has made another session of his. What was shown once is not in it.
        """
        try:
            with as_problems(action, saying(visit.words)):
                wish = _wish(visit, action, names, typed)
        except ProblemError:
            return None  # it was never done
        told = await self._acting.known(wish)
        return None if told is None else await self._told(visit, wish, told)

    async def _told(self, visit: Visit, wish: Wish, told: Told) -> StreamResponse:
        answer: dict[str, Any] = msgspec.json.decode(told.body)
        visit = await visit.with_waiting()  # what was decided waits no more
        if told.status == ACCEPTED:
            return await _waits(visit, wish.action, wish, answer["approval"])
        return _result(visit, wish, answer, told)

    async def _refused(
        self,
        visit: Visit,
        action: Action,
        names: Mapping[str, str],
        typed: Typed,
        problem: ProblemError,
    ) -> StreamResponse:
        known = {f.name for f in fields_of(action, names, visit.words, typed, {})}
        at = {pointer.strip("/"): text for pointer, text in problem.errors}
        at_fields = {n: text for n, text in at.items() if n in known}
        rest = [f"{n}: {text}" if n else text for n, text in at.items() if n not in known]
        general = rest or ([] if at_fields else [visit.words(problem.detail or problem.code)])
        refused = Refused(
            status=KINDS[problem.code].status,
            at_fields=at_fields,
            general=general,
            version=problem.members.get("version"),
        )
        return await self._form(visit, action, names, typed, refused)

    async def _form(
        self,
        visit: Visit,
        action: Action,
        names: Mapping[str, str],
        typed: Typed,
        refused: Refused,
    ) -> StreamResponse:
        form = await form_of(visit, action, names, typed, refused)
        values = {"doc": visit.words.doc(action.doc), "form": form}
        return visit.page("form.html", title_of(visit, action, names), values, refused.status)


def _wish(visit: Visit, action: Action, names: Mapping[str, str], typed: Typed) -> Wish:
    caller = visit.visitor.caller
    said = said_of(action, names, {n: texts for n, texts in typed.items() if n not in OURS})
    asked = reading.read_asked(action, names, said)
    if is_for_own(action, caller):
        if getattr(asked.given, action.own or "") != caller.name:
            caller.require(action.permission)
        caller = replace(caller, permissions=caller.permissions | {action.permission})
    version = "".join(typed.get(VERSION, ())) or None
    return Wish(
        action=action,
        asked=asked,
        caller=caller,
        change=caller.change(visit.request, asked.reason),
        route=route_of(action),
        variables=names,
        key=_key(typed) if caller.is_somebody else None,
        version=None if version is None else reading.read_version(f'"{version}"'),
    )


def _key(typed: Typed) -> str | None:
    return reading.read_key("".join(typed.get(REQUEST_KEY, ())) or None)


def _result(visit: Visit, wish: Wish, answer: dict[str, Any], told: Told) -> StreamResponse:
    words, showing, action, names = visit.words, visit.showing, wish.action, wish.variables
    shown = [
        (words.member(name), [str(t) for t in _texts(answer[name])])
        for name in action.shows
        if name in answer
    ]
    rest = {name: value for name, value in answer.items() if name not in action.shows}
    key = key_of(action.noun)
    own = visit.rooms.addresses.of_noun(
        action.noun.name, names.get(key) or answer.get(key), visit.permissions
    )
    back = back_of(visit, action, names)
    links = [] if own is None else [Link(label=words.of(action.noun), href=own, is_here=False)]
    if back != own:
        links.append(Link(label=words("Back"), href=back, is_here=False))
    said = [words("This was done before: nothing was done again." if told.replayed else "Done.")]
    if told.replayed and action.shows:
        said.append(words("What was shown once is not shown again."))
        links.append(Link(label=words("Open the form anew"), href=visit.path, is_here=False))
    values = {
        "said": " ".join(said),
        "secrets": shown,
        "pairs": showing.pairs(rest),
        "within": showing.inner(rest),
        "tables": showing.tables(rest),
        "links": links,
    }
    return visit.page("result.html", title_of(visit, action, names), values, told.status)


def _texts(value: Any) -> Sequence[Any]:
    if isinstance(value, Mapping):
        return [f"{name}: {text}" for name, text in value.items()]
    return value if isinstance(value, list) else [value]


async def _waits(
    visit: Visit, action: Action, wish: Wish, approval: Mapping[str, Any]
) -> StreamResponse:
    """Who could approve it, and where they find it."""
    async with visit.place.statements(read_only=True) as db:
        approvers = await second_persons().approvers(db, action, wish.change)
    values = {
        "pairs": visit.showing.pairs(approval),
        "approvers": approvers,
        "number": approval["id"],
        "approval": f"{visit.rooms.face.root}/approvals/{approval['id']}",
    }
    return visit.page("waits.html", visit.words("It waits for approval"), values, ACCEPTED)
