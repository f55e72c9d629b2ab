"""Takes files in for jobs, whichever door they come by; a worker goes on with each."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from gateway.ground.desk.job import Job, taken_in
from gateway.ground.desk.rest import asked as reading
from gateway.ground.desk.rest.acting import Acting, Wish
from gateway.ground.desk.rest.caller import Caller
from gateway.ground.desk.rest.once import Told
from gateway.ground.desk.rest.place import Place
from gateway.ground.desk.rest.uploading import FILE, UploadsUnderWay, as_text, read_upload
from gateway.ground.desk.route import route_of
from gateway.ground.http.request import Request

# Of a form's own fields: they are taken away, looked at, and give the key of the request.
Own = Callable[[Mapping[str, str]], str | None]
NONE: Final[frozenset[str]] = frozenset()


class TakingIn:
    """Of one door of a worker: so many files are under way there at a time."""

    def __init__(self, place: Place, acting: Acting) -> None:
        self._place = place
        self._acting = acting
        self._uploads = UploadsUnderWay()

    async def take(
        self,
        job: Job,
        caller: Caller,
        request: Request,
        query: Mapping[str, str],
        *,
        key: str | None = None,
        own: frozenset[str] = NONE,
        key_of: Own | None = None,
    ) -> Told:
        """The file of a request, and what is asked of it. Raises ProblemError.

        Of a form (`key_of`) fields without text say nothing.
        """
        assert job.taking is not None
        with self._uploads.of(caller.operator_id):
            seal = partial(self._place.vault.wrap_secret, job.taking.purpose)
            sent, upload = await read_upload(request, query, job.taking, seal)
            said = {name: text for name, text in sent.items() if name not in own}
            if key_of is not None:
                key = key_of({name: text for name, text in sent.items() if name in own})
                said = {name: text for name, text in said.items() if text.strip()}
            reading.refuse_unknown(said, {*reading.taken(job, ()), reading.REASON, FILE})
            reason = reading.read_reason(said, wanted=False)
            rest = {name: text for name, text in said.items() if name != reading.REASON}
            wish = Wish(
                action=taken_in(job, upload),
                asked=reading.Asked(
                    given=reading.from_query(job.given, rest),
                    reason=reason,
                    approval=None,
                    said=as_text(said, upload),
                ),
                caller=caller,
                change=caller.change(request, reason),
                route=route_of(job),
                variables={},
                key=key,
                version=None,
            )
            return await self._acting.act(wish)
