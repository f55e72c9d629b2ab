"""A file for a job: a form that sends it, without JavaScript, and the row that follows it."""

import secrets
from collections.abc import Mapping
from hmac import compare_digest
from typing import Any, Final, cast

import msgspec
from aiohttp.web import BaseRequest, StreamResponse

from gateway.ground.desk.html.address import path_of
from gateway.ground.desk.html.fields import Typed, fields_of
from gateway.ground.desk.html.form_shown import FORM_TOKEN, REQUEST_KEY, Refused
from gateway.ground.desk.html.frame import LANGUAGE, query_of
from gateway.ground.desk.html.pages import leads_to
from gateway.ground.desk.html.refusals import saying
from gateway.ground.desk.html.rooms import Visit, follows
from gateway.ground.desk.job import Job
from gateway.ground.desk.rest import asked as reading
from gateway.ground.desk.rest.refusals import as_problems
from gateway.ground.desk.rest.taking_in import TakingIn
from gateway.ground.http.problems import KINDS, ProblemError
from gateway.ground.http.request import Request

OWN: Final = frozenset({FORM_TOKEN, REQUEST_KEY})
DRY_RUN: Final = "dry_run"
FILE: Final = "file"


class Uploads:
    """Shows the form of a job that takes files, and takes them in."""

    def __init__(self, taking_in: TakingIn) -> None:
        self._taking_in = taking_in

    async def show(self, visit: Visit, job: Job) -> StreamResponse:
        """With what the query says in it; a dry run is what comes first."""
        typed = {DRY_RUN: "true"} | query_of(visit.request)
        return self._form(visit, job, {n: [t] for n, t in typed.items() if n != LANGUAGE})

    async def act(self, visit: Visit, job: Job, request: BaseRequest) -> StreamResponse:
        """Take it in and lead to what follows it; refused, the form again, without the file."""
        try:
            with as_problems(job, saying(visit.words)):
                told = await self._taking_in.take(
                    job, visit.visitor.caller, cast(Request, request), {}, own=OWN,
                    key_of=lambda own: _key(visit, own),
                )  # fmt: skip
        except ProblemError as problem:
            return self._refused(visit, job, problem)
        assert job.taking is not None
        noun = follows(job)
        answer: Mapping[str, Any] = msgspec.json.decode(told.body)
        return leads_to(f"{visit.rooms.face.root}/{noun.plural}/{answer[noun.name]}", visit.headers)

    def _refused(self, visit: Visit, job: Job, problem: ProblemError) -> StreamResponse:
        known = {FILE, *reading.taken(job, ())}
        at = {pointer.strip("/"): text for pointer, text in problem.errors}
        at_fields = {n: text for n, text in at.items() if n in known}
        rest = [f"{n}: {text}" if n else text for n, text in at.items() if n not in known]
        general = rest or ([] if at_fields else [visit.words(problem.detail or problem.code)])
        refused = Refused(status=KINDS[problem.code].status, at_fields=at_fields, general=general)
        return self._form(visit, job, {DRY_RUN: ["true"]}, refused)

    def _form(
        self, visit: Visit, job: Job, typed: Typed, refused: Refused | None = None
    ) -> StreamResponse:
        refused = refused or Refused()
        words = visit.words
        assert job.taking is not None
        said = refused.at_fields.get(FILE)
        file_error = None if said is None else words(said)
        fields = fields_of(job, (), words, typed, refused.at_fields)
        values = {
            "doc": words.doc(job.doc),
            "here": f"{visit.rooms.face.root}/{path_of(job)}",
            "errors": refused.general,
            "file_error": file_error,
            "request_key": secrets.token_urlsafe(24),
            "first": [f for f in fields if f.required or f.name == DRY_RUN],
            "rest": [f for f in fields if not f.required and f.name != DRY_RUN],
            "is_open": any(f.error for f in fields if not f.required),
            "most": job.taking.bytes_max // (1024 * 1024),
            "button": words.verb(job),
            "back": f"{visit.rooms.face.root}/{follows(job).plural}",
        }
        title = words("{noun}: {verb}", noun=words.of(job.noun), verb=words.verb(job))
        return visit.page("upload.html", title, values, refused.status)


def _key(visit: Visit, own: Mapping[str, str]) -> str | None:
    """The key of the request, from a form of this session. Raises ProblemError."""
    if not compare_digest(own.get(FORM_TOKEN, "").encode(), visit.visitor.form_token.encode()):
        raise ProblemError(
            "forbidden", visit.words("This form is of an earlier session: open it anew.")
        )
    return reading.read_key(own.get(REQUEST_KEY) or None)
