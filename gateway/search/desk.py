"""Search, for operators: by API and console alone, for a code has no place in a shell's history."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any, Final

from msgspec import Meta

from gateway.ground.desk.action import Action, Change, Noun
from gateway.ground.desk.given import Given
from gateway.ground.desk.port import At
from gateway.ground.desk.view import Page, View
from gateway.search.find import search
from gateway.search.rules import TEXT_LENGTH_MAX

SEARCH: Final = Noun(name="search", plural="search", zh="搜索", en="Search", key="q")


class Question(Given, frozen=True, kw_only=True):
    """What is looked for."""

    q: Annotated[
        Annotated[str, Meta(min_length=1, max_length=TEXT_LENGTH_MAX)],
        Meta(
            description="A number: of an order, ours or a partner's or an upstream's, of an"
            " attempt, a recipient, a webhook, a case, an API key, a token, a batch, a change's"
            " request; a name; a code.",
            extra={"secret": True},
        ),
    ]


async def _search(at: At, given: Question, change: Change) -> Mapping[str, Any]:
    return {"matches": [asdict(match) for match in await search(at, given.q, change)]}


DECLARED: Final[Sequence[Action | View | Page]] = (
    Page(
        noun=SEARCH,
        verb="find",
        doc="What a number belongs to, orders first: exact, by shape, then by index."
        "\n\nA code is found by who has `codes:search`; it is a row of the log of views.",
        given=Question,
        example="GET /admin/v1/search?q=248123456789012345",
        permission="search:read",
        read=_search,
        route="search",
        opens_vault=True,
        at_shell=False,
        seen_by=True,
        posted=True,
    ),
)
