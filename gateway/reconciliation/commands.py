"""`quangate reconcile`: our records of a day and an upstream's."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.ground.command.command import Call, command, room
from gateway.ground.command.output import Answer
from gateway.ground.desk.opening import Desk, open_desk, open_vault
from gateway.ground.errors import RefusedError
from gateway.ground.moment import read_day

if TYPE_CHECKING:
    from gateway.reconciliation.reconcile import Reconciliation
    from gateway.reconciliation.rules import TheirRow
    from gateway.reconciliation.store import UpstreamAccount

app = room("Compare our records of a day with an upstream's.")


@command(app, "reconcile", example="quangate reconcile f1 2026-11-11 --file bill.csv")
async def reconcile(
    call: Call,
    *,
    upstream: Annotated[str, typer.Argument(metavar="UPSTREAM", help="An upstream's name.")],
    day: Annotated[str, typer.Argument(metavar="DATE", help="A day in UTC, as 2026-11-11.")],
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            metavar="CSV",
            help="Their bill, where the platform lists nothing: columns our_no, upstream_no, "
            "state, and amount (minor units) or amount_yuan; perhaps refunded or refunded_yuan.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only compare; settle nothing.")
    ] = False,
) -> Answer:
    """Match our attempts, their list and the money; settle what they know better than we.

    Differences: long (长款: they have it, we don't), short (短款: we have it, they don't),
    amount, state. They are written to reports/ in the data directory. Exit code 1 when some
    of them need a person.
    """
    when = _read_day(day)
    async with open_desk(call) as desk:
        done = await _run(desk, upstream, when, file, dry_run=dry_run)
        report = desk.config.data / "reports" / f"reconcile-{upstream}-{when}.csv"
    report.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    report.write_text(done.report(), encoding="utf-8")
    report.chmod(0o600)
    return Answer(
        data={
            "upstream": upstream,
            "date": when,
            "matched": done.matched,
            "differences": [each.document() for each in done.findings],
            "applied": done.applied,
            "report": str(report),
        },
        note="Some differences need a person: see above." if done.needs_person else None,
        exit_code=1 if done.needs_person else 0,
    )


def _read_day(text: str) -> date:
    try:
        when = read_day(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day such as 2026-11-11") from None
    if when > datetime.now(UTC).date():
        raise typer.BadParameter(f"{text} is not over yet; it has not even begun")
    return when


async def _run(
    desk: Desk, name: str, day: date, file: Path | None, *, dry_run: bool
) -> "Reconciliation":
    import time

    from gateway.dispatch.settling_command import settle_over
    from gateway.ground.desk.port import not_found
    from gateway.ground.native import OrderIds
    from gateway.reconciliation.reconcile import Reconciler
    from gateway.reconciliation.store import ReconciliationStore

    pool = desk.database.pool
    books = ReconciliationStore(pool)
    upstream = await books.upstream(name)
    if upstream is None:
        raise not_found("upstream", name)
    ids = OrderIds(await books.free_slot())
    reconciler = Reconciler(
        books=books,
        settle=settle_over(pool),
        next_id=lambda: ids.next(time.time_ns() // 1_000_000),
    )
    rows = _from_platform(desk, upstream, day) if file is None else _from_file(file)
    return await reconciler.run(upstream.id, day, rows, dry_run=dry_run)


async def _from_file(file: Path) -> "AsyncIterator[TheirRow]":
    from gateway.reconciliation.statement_file import read_statement_file

    for row in read_statement_file(file):
        yield row


async def _from_platform(
    desk: Desk, upstream: "UpstreamAccount", day: date
) -> "AsyncIterator[TheirRow]":
    """The platform's own list, page by page. Raises RefusedError when it has none."""
    import json

    from connectors.contract import UpstreamRefused
    from connectors.egress import open_account
    from connectors.exchange import ProtocolError, TransportFailure
    from connectors.upstream import Upstream
    from gateway.reconciliation.statement_list import list_statement

    async with desk.transaction(read_only=True) as db:
        vault = await open_vault(desk.config, db)
        values = json.loads(vault.open_secret("upstream", upstream.settings))
    connector, transport = open_account(upstream.connector, upstream.base_url, values)
    try:
        async for row in list_statement(Upstream(connector=connector, transport=transport), day):
            yield row
    except (ProtocolError, TransportFailure, UpstreamRefused) as error:
        raise RefusedError(
            "upstream-failed", f"{upstream.name} gave no complete list, nothing was done: {error}"
        ) from None
    finally:
        await transport.close()
