"""The audit, for who asks by API: what `quangate audit` says of the books."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from msgspec import Meta

from gateway.ground.desk.action import Action, Noun
from gateway.ground.desk.given import Given
from gateway.ground.desk.job import Site
from gateway.ground.desk.refusal import wrong
from gateway.ground.desk.view import Page, View

AUDIT: Final = Noun(name="audit", plural="audit", zh="审计", en="Audit")


class Extent(Given, frozen=True, kw_only=True):
    """How much is looked at."""

    since: Annotated[
        datetime | None,
        Meta(
            description="Only what changed from then on (RFC 3339); what has no time is checked"
            " whole.",
            extra={"metavar": "TIME"},
        ),
    ] = None


async def _read(site: Site, given: Extent) -> Mapping[str, Any]:
    from gateway.audit.aside import aside
    from gateway.audit.audit_command import audit_whole

    since = given.since
    if since is not None and not _is_past(since):
        raise wrong("no-past", "since", value=since.isoformat())
    async with site.open() as desk, aside(desk.database, desk.config) as database:
        findings = await audit_whole(database, lambda: None, since)
    ok = all(finding.ok for finding in findings)
    return {"ok": ok, "checks": [asdict(finding) for finding in findings]}


def _is_past(moment: datetime) -> bool:
    return moment.tzinfo is not None and moment.year >= 2000 and moment <= datetime.now(UTC)


DECLARED: Final[Sequence[Action | View | Page]] = (
    Page(
        noun=AUDIT,
        verb="run",
        doc="Whether every invariant holds on the live database, now; one at a time, given up"
        " after a quarter of an hour.",
        given=Extent,
        example="GET /admin/v1/audit?since=2026-11-11T00:00:00Z",
        permission="audit:read",
        read=_read,
        route="audit",
        at_shell=False,
        on_site=True,
    ),
)
