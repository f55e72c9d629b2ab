"""Brings approved cases to the platforms that take complaints, and ends their waiting in time.

The call is made before it is written down: a worker that dies between the two asks twice, which
costs a platform's clerk a look, where the other way round nobody would ask. A platform that takes
no complaints, or refuses this one, leaves the case to a person, who finds everything in its task.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from connectors.complaint import Complaint

log = structlog.get_logger()

EVERY_S: Final = 2.0
CONNECTOR: Final = "connector"
PERSON: Final = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedCase:
    """A case, and what is to be brought to the platform: JSON, as act.py writes it."""

    partner_id: int
    id: int
    task: str


class Asking(Protocol):
    """See asking_store.AskingStore."""

    async def take(self) -> Sequence[AskedCase]: ...
    async def asked(self, case: AskedCase, who: str, *, waits: bool, text: str) -> None: ...
    async def give_up_waiting(self) -> int: ...


class Complaining(Protocol):
    """See dispatch.complaints.Complaints."""

    async def complain(self, upstream: str, complaint: Complaint) -> bool | None: ...


async def keep_asking(cases: Asking, platforms: Complaining) -> None:
    """Look every two seconds; until cancelled."""
    while True:
        await asyncio.sleep(EVERY_S)
        try:
            for case in await cases.take():
                await ask(cases, platforms, case)
            await cases.give_up_waiting()
        except Exception as error:  # noqa: BLE001 - the next turn tries again
            log.warning("cases.not_asked", error=repr(error))


async def ask(cases: Asking, platforms: Complaining, case: AskedCase) -> None:
    """Ask about one. What the platform did not answer is asked again a minute later."""
    task = json.loads(case.task)
    try:
        taken = await platforms.complain(task["upstream"], complaint_of(task))
    except Exception as error:  # noqa: BLE001 - whatever it was, it is no answer
        log.warning("cases.no_answer", case_no=str(case.id), error=type(error).__name__)
        return
    if taken:
        await cases.asked(case, CONNECTOR, waits=True, text=f"asked {task['upstream']}")
    else:
        why = "takes no complaints by API" if taken is None else "did not take the complaint"
        await cases.asked(case, PERSON, waits=False, text=f"{task['upstream']} {why}")


def complaint_of(task: dict[str, str | None]) -> Complaint:
    """What is said to the platform, in one line."""
    wish = f"; please change the recipient to {task['new_recipient']}"
    parts = [task["reason"] or "", f": {task['detail']}" if task["detail"] else ""]
    if task["new_recipient"]:
        parts.append(wish)
    return Complaint(
        attempt_no=task["attempt_no"] or "", upstream_no=task["upstream_no"], text="".join(parts)
    )
