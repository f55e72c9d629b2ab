"""The whole audit as part of another command: looked at, and remembered like any other."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime

from gateway.audit.rules import Finding
from gateway.audit.run import audit
from gateway.audit.store import audit_snapshot, note_run
from gateway.ground.sql.database import Database


async def audit_whole(
    database: Database, looked: Callable[[], None], since: datetime | None = None
) -> Sequence[Finding]:
    """Every invariant on one snapshot; `looked` is called after each statement of it.

    `since`: only what changed from then on; that it is sound does not say that the whole is.
    """
    async with audit_snapshot(database, since) as snapshot:
        findings = await audit(snapshot, looked)
    failed = [asdict(finding) for finding in findings if not finding.ok]
    if since is None or failed:
        await note_run(database, ok=not failed, failed=json.dumps(failed))
    return findings
