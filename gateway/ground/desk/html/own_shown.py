"""What a page that is made by hand shows, read as it says."""

from collections.abc import Mapping
from typing import Any

from gateway.ground.desk.html.own_page import OwnPage
from gateway.ground.desk.html.refusals import saying
from gateway.ground.desk.html.rooms import Visit
from gateway.ground.desk.rest.refusals import as_problems
from gateway.ground.desk.rest.seeing import see


async def read_own(
    visit: Visit, page: OwnPage, asked: Mapping[str, str], *, posted: bool
) -> Mapping[str, Any]:
    """Its data. Raises ProblemError."""
    place, caller, seen = visit.place, visit.visitor.caller, page.seen
    with as_problems(page, saying(visit.words)):
        if posted and seen is not None:
            change = caller.change(visit.request, None)
            found: Mapping[str, Any] = await see(
                place, caller, change, lambda at: seen(at, asked, change),
                name=f"{page.path}.find", given=page.given(),
            )  # fmt: skip
            return found
        async with place.at(caller.person, read_only=True) as at:
            return await page.read(at, asked, caller)
