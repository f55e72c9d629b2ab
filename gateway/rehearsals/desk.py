"""A rehearsal by API: the same as by command line, in a process of its own beside the workers."""

import fcntl
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

from msgspec import Meta

from gateway.campaigns.desk import CAMPAIGN
from gateway.ground.desk.action import Action, Change
from gateway.ground.desk.given import Given
from gateway.ground.desk.job import Job, Site
from gateway.ground.desk.refusal import refused
from gateway.ground.desk.view import Page, View
from gateway.rehearsals.rules import BUYERS_MAX

LOCK: Final = "rehearsal"  # below DIR/run: one at a time on a machine


class Rehearsal(Given, frozen=True, kw_only=True):
    """How many come."""

    campaign: Annotated[
        str,
        Meta(
            description="A campaign that is not over.", extra={"argument": True, "metavar": "NAME"}
        ),
    ]
    buyers: Annotated[int, Meta(ge=1, le=BUYERS_MAX, description="How many come at once.")]


async def _rehearse(site: Site, given: Rehearsal, _: Change) -> Mapping[str, Any]:
    from gateway.ground.outside.process import quangate
    from gateway.rehearsals.plan import read_plan

    async with site.open() as desk:
        async with desk.transaction(read_only=True) as db:
            await read_plan(db, given.campaign)
        with _alone(site.config.data):
            async with desk.transaction() as db:
                await site.note(db, {"buyers": given.buyers})
            settings = {"QUANGATE_WORKERS": str(site.config.workers)}
            if site.config.database_url is not None:
                settings["QUANGATE_DATABASE_URL"] = site.config.database_url
            return await quangate(
                site.config.data, "campaign", "rehearse", given.campaign,
                "--buyers", str(given.buyers), settings=settings,
            )  # fmt: skip


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    """One at a time: each takes as much of the machine as there is."""
    run = data / "run"
    run.mkdir(mode=0o700, exist_ok=True)
    held = os.open(run / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise refused("busy", "rehearsal-runs") from None
    finally:
        os.close(held)


DECLARED: Final[Sequence[Action | View | Page]] = (
    Job(
        noun=CAMPAIGN,
        verb="rehearse",
        doc="Try a campaign out: made-up buyers on its settings, in a copy that is thrown away."
        "\n\nThe answer comes when it is over, a minute and more later; who still waits a minute"
        " after the doors opened is counted as waiting. One at a time on a machine.",
        given=Rehearsal,
        example='POST /admin/v1/campaigns/1111/rehearse {"buyers": 2000}',
        permission="campaigns:rehearse",
        run=_rehearse,
        undo="There is nothing to undo: the copy is gone, the shop is as it was.",
        subject=lambda given, _: given.campaign,
        at_shell=False,
    ),
)
