"""What waits for whoever looks: requests he may decide, cases he has, and the next one."""

from collections.abc import Mapping
from typing import Any, Final

from gateway.console.administration import SQL
from gateway.ground.desk.port import At, by_index
from gateway.ground.desk.rest.caller import Caller

NEXT: Final = "cases/next"
APPROVE: Final = "approvals:approve"
READ_CASES: Final = "cases:read"
COUNTED_MAX: Final = 100


async def inbox(at: At, _asked: Mapping[str, str], caller: Caller) -> Mapping[str, Any]:
    """What is his to do; a part that he may not see is not there."""
    await by_index(at.db)
    found: dict[str, Any] = {"requests": None, "mine": None, "waiting": None, "since": None}
    if APPROVE in caller.permissions:
        may = sorted(caller.permissions)
        found["requests"] = await SQL.requests_for_me.all(at.db, caller.person, may)
    if READ_CASES in caller.permissions:
        found["mine"] = await SQL.cases_of_mine.all(at.db, caller.name)
        rest = await SQL.cases_of_nobody.only(at.db)
        found["waiting"] = str(rest["cases"]) if rest["cases"] <= COUNTED_MAX else "100+"
        found["since"] = rest["since"]
    return found
