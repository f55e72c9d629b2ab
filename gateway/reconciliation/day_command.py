"""A day of one upstream compared and settled, for the command line and the API alike."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.ground.desk.opening import Desk, open_vault
from gateway.ground.errors import RefusedError

if TYPE_CHECKING:
    from gateway.reconciliation.reconcile import Reconciliation
    from gateway.reconciliation.rules import TheirRow
    from gateway.reconciliation.store import UpstreamAccount


async def reconcile_day(
    desk: Desk, upstream: str, when: date, file: Path | None, *, dry_run: bool
) -> tuple[dict[str, Any], bool]:
    """What was found, and whether some of it needs a person; its report lies in DATA/reports."""
    done = await _run(desk, upstream, when, file, dry_run=dry_run)
    report = desk.config.data / "reports" / f"reconcile-{upstream}-{when}.csv"
    report.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    report.write_text(done.report(), encoding="utf-8")
    report.chmod(0o600)
    data = {
        "upstream": upstream,
        "date": when,
        "matched": done.matched,
        "differences": [each.document() for each in done.findings],
        "applied": done.applied,
        "report": str(report),
    }
    return data, done.needs_person


async def check_upstream(desk: Desk, name: str) -> None:
    """Raise RefusedError where there is none of that name."""
    from gateway.ground.desk.port import not_found
    from gateway.reconciliation.store import ReconciliationStore

    if await ReconciliationStore(desk.database.pool).upstream(name) is None:
        raise not_found("upstream", name)


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
    from gateway.reconciliation.bill_file import read_bill_file

    for row in read_bill_file(file):
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
    from gateway.reconciliation.bill_list import list_bill

    async with desk.transaction(read_only=True) as db:
        vault = await open_vault(desk.config, db)
        values = json.loads(vault.open_secret("upstream", upstream.settings))
    connector, transport = open_account(upstream.connector, upstream.base_url, values)
    try:
        async for row in list_bill(Upstream(connector=connector, transport=transport), day):
            yield row
    except (ProtocolError, TransportFailure, UpstreamRefused) as error:
        raise RefusedError(
            "upstream-failed", f"{upstream.name} gave no complete list, nothing was done: {error}"
        ) from None
    finally:
        await transport.close()
