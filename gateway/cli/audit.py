"""`quangate audit`: do the books add up?"""

import json
from dataclasses import asdict

from gateway.cli.command import Call, command, room
from gateway.cli.desk import open_desk
from gateway.cli.output import Answer

app = room("Check the invariants on the live database.")


@command(app, "audit", example="quangate audit --json")
async def audit(call: Call) -> Answer:
    """Check the invariants on the live database, beside a running gateway; exit 1 if one is broken.

    Every code, order and cent is counted; what does not add up is named by its ids.
    """
    from gateway.flows.audit import audit as check_all
    from gateway.store.audit import audit_snapshot, note_run

    async with open_desk(call) as desk:
        async with audit_snapshot(desk.database) as snapshot:
            findings = await check_all(snapshot)
        ok = all(finding.ok for finding in findings)
        failed = [asdict(finding) for finding in findings if not finding.ok]
        await note_run(desk.database, ok=ok, failed=json.dumps(failed))
    note = "All is well." if ok else "Stop selling what is named above until it is understood."
    return Answer(
        data={"ok": ok, "checks": [asdict(finding) for finding in findings]},
        note=note,
        exit_code=0 if ok else 1,
    )
