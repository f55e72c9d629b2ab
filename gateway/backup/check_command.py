"""`quangate restore-check`: after a restore, before anything is sold again."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from itertools import count
from typing import TYPE_CHECKING

from gateway.ground.command.command import Call, command, room
from gateway.ground.command.output import Answer
from gateway.ground.command.terminal import Terminal
from gateway.ground.command.whence import noting
from gateway.ground.desk.opening import open_desk
from gateway.ground.native_errors import KeyMissing

if TYPE_CHECKING:
    from gateway.backup.check_store import Withheld
    from gateway.ground.desk.administration import Transaction

app = room("After a restore: check, and open sales again.")


@command(app, "restore-check", example="quangate restore-check --data restored")
async def restore_check(call: Call) -> Answer:
    """Fence off whoever sold before, audit the books, and open sales again if all is well.

    What was sold after the moment the shop was restored to is not in it: those codes look
    unsold. It names, pool by pool, from which number on, and keeps them off sale until
    `quangate codes void`, or `quangate codes release` with a second person. Exit 1, and sales
    stay closed, when the books do not add up. A shop that was not restored is only audited.
    """
    from gateway.audit.audit_command import audit_whole
    from gateway.audit.run import STATEMENTS
    from gateway.backup.check_store import CheckStore
    from gateway.ground.vault import open_vault

    async with open_desk(call) as desk:
        if not desk.config.key_file.exists():
            raise KeyMissing(f"the key file is missing: put the shop's at {desk.config.key_file}")
        await open_vault(desk.config.data, desk.database.pool, desk.config.kek)
        async with desk.transaction() as db:
            raised = await CheckStore(db).raise_epochs()
        terminal = Terminal()
        with terminal.progress("auditing", STATEMENTS) as looked:
            findings = await audit_whole(desk.database, _counting(looked))
        ok = all(finding.ok for finding in findings)
        async with desk.transaction() as db:
            store = CheckStore(db)
            withheld, under_way = await store.withheld(), await store.under_way()
            if ok and raised is not None:
                await store.open_sales()
                await _note(db, raised)
    for line in _say(withheld, under_way, ok=ok, restored=raised is not None):
        terminal.say(line)
    return Answer(
        data={
            "ok": ok,
            "epochs_raised": raised or 0,
            "checks": [asdict(finding) for finding in findings],
            "withheld": [asdict(pool) for pool in withheld],
        },
        exit_code=0 if ok else 1,
    )


def _counting(looked: Callable[[int], None]) -> Callable[[], None]:
    done = count(1)
    return lambda: looked(next(done))


async def _note(db: "Transaction", raised: int) -> None:
    note = noting("restore-check", "sales", {})
    await note(db, {"epochs_raised": raised, "sales": "open"})


def _say(
    withheld: "Sequence[Withheld]", under_way: int, *, ok: bool, restored: bool
) -> Iterator[str]:
    """What people have to know, and do."""
    for pool in withheld:
        yield (
            f"pool {pool.pool}: codes from number {pool.from_seq} on may have been sold since the"
            f" moment the shop was restored to; {pool.codes} are kept off sale. Find out which"
            f" were: `quangate codes void --pool {pool.pool} --seq {pool.from_seq}-LAST`, then"
            f" `quangate codes release --pool {pool.pool} --from SEQ`"
        )
    if restored and under_way:
        yield (
            f"{under_way} attempts were under way at upstreams: they are asked after. What was done"
            " about them since then, another route, a refund, the shop does not know"
        )
    if not ok:
        yield "Stop: what is named above does not add up. Sales stay as they are."
    elif restored:
        yield "All is well, and sales are open."
    else:
        yield "All is well; this shop waits for no check."
