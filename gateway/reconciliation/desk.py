"""Reconciliation by API: a day of one upstream, by the list that the platform has itself."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from msgspec import Meta

from gateway.dispatch.desk import UPSTREAM, Name
from gateway.ground.desk.action import Action, Change
from gateway.ground.desk.given import Given
from gateway.ground.desk.job import Job, Site
from gateway.ground.desk.refusal import wrong
from gateway.ground.desk.view import Page, View


class Day(Given, frozen=True, kw_only=True):
    """Which day, of whom."""

    upstream: Name
    date: Annotated[str, Meta(description="A day in UTC, as 2026-11-11.")]
    dry_run: Annotated[bool, Meta(description="Only compare; settle nothing.")] = False


async def _reconcile(site: Site, given: Day, _: Change) -> Mapping[str, Any]:
    from gateway.ground.moment import read_day
    from gateway.reconciliation.day_command import check_upstream, reconcile_day

    try:
        when = read_day(given.date)
    except ValueError:
        raise wrong("no-day", "date", value=given.date) from None
    if when > datetime.now(UTC).date():
        raise wrong("no-day", "date", value=given.date)
    async with site.open() as desk:
        await check_upstream(desk, given.upstream)
        if not given.dry_run:  # before it: what it settles cannot be taken back
            async with desk.transaction() as db:
                await site.note(db, {"date": given.date})
        data, needs_person = await reconcile_day(
            desk, given.upstream, when, None, dry_run=given.dry_run
        )
    return {**data, "needs_person": needs_person}


DECLARED: Final[Sequence[Action | View | Page]] = (
    Job(
        noun=UPSTREAM,
        verb="reconcile",
        doc="Match our attempts of a day, the platform's own list and the money; settle what it"
        " knows better than we. By its bill: `quangate reconcile NAME DATE --file CSV`.",
        given=Day,
        example='POST /admin/v1/upstreams/f1/reconcile {"date": "2026-11-11"}',
        permission="upstreams:reconcile",
        run=_reconcile,
        undo="Not at all: what is settled is settled; differences that need a person stay listed.",
        subject=lambda given, _: given.upstream,
        opens_vault=True,
        at_shell=False,
    ),
)
