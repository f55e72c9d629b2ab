"""An action that is more than one transaction and may take minutes: how it is declared and run."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Protocol

from gateway.ground.config import Config
from gateway.ground.desk.action import Action, Change
from gateway.ground.desk.given import Given, check, kept
from gateway.ground.desk.perform import check_reason, with_reason, write_down
from gateway.ground.desk.upload import Taking, Upload
from gateway.ground.sql.declared import Row

if TYPE_CHECKING:
    from gateway.ground.desk.administration import Transaction
    from gateway.ground.desk.opening import Desk
    from gateway.ground.desk.transaction import Note


class Asker(Protocol):
    """Whoever asked for a job, while it runs; nothing said here is part of the answer."""

    def say(self, text: str) -> None:
        """A line for people, at once."""

    def warn(self, text: str) -> None:
        """Something worth knowing that stops nothing."""

    def advise(self, text: str) -> None:
        """What is to be done next, for people, when the job is over."""

    def agrees(self, question: str) -> bool:
        """Whether somebody is there, and says yes."""

    def progress(
        self, what: str, total: int | None, *, in_bytes: bool = False
    ) -> AbstractContextManager[Callable[[int], None]]:
        """Takes how much of `total` is done; None: nobody knows the total."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where a job works. It opens what it needs, when it needs it."""

    config: Config
    asker: Asker
    open: "Callable[[], AbstractAsyncContextManager[Desk]]"
    # Writes the job's row of the log of changes, with what there is then: in the transaction by
    # which its effect is there, or before an effect that nothing takes back.
    note: "Note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(Action):
    """An Action whose `run(site, given, change)` opens its transactions itself.

    It looks at what stands in its way before it changes anything, writes its own row
    (`Site.note`; `subject` is asked with what is noted), and goes on where it was killed, or
    leaves nothing. It has no traces: what it noted is what its row has.

    One that reads a file has `taking`: by API the file is taken in at once, by
    `take_in(at, given, change, upload)`, and worked on by a worker.
    """

    taking: Taking | None = None
    take_in: Callable[[Any, Any, Change, Upload], Awaitable[Mapping[str, Any]]] | None = None


async def work(job: Job, given: Given, change: Change, make_site: "MakeSite") -> Row:
    """Do a job; the answer. Refused, it raises, and nothing is changed that its docs do not say."""
    check(given)
    change = with_reason(job, given, change)
    check_reason(change.reason)

    async def note(db: "Transaction", after: Mapping[str, Any]) -> None:
        subject = job.subject(given, after)
        await write_down(db, change, job.name, subject, given=kept(given), after=after)

    return await job.run(make_site(note), given, change)


def taken_in(job: Job, upload: Upload) -> Action:
    """What the API does at once with a file that was sent for a job: its `take_in`."""
    take_in = job.take_in
    assert take_in is not None

    async def run(at: Any, given: Any, change: Change) -> Mapping[str, Any]:
        return await take_in(at, given, change, upload)

    same = {one.name: getattr(job, one.name) for one in fields(Action)}
    return Action(**{**same, "run": run})


MakeSite = Callable[["Note"], Site]
