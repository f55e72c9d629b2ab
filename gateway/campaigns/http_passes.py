"""POST /v1/campaigns/{campaign}/passes: a waiting room for fronts that have none of their own."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Final

from aiohttp.web import BaseRequest, Response
from msgspec import Meta, Struct, field
from msgspec.json import Decoder

from gateway.campaigns.issue_pass import PassIssuing, Wanted
from gateway.campaigns.passes import LIFE_S_MAX, Pass, make_pass
from gateway.campaigns.rules import CampaignBook
from gateway.catalog.rules import CurrentCatalog, Scope
from gateway.ground.http.answers import struct_response
from gateway.ground.http.body import check_strict, decode
from gateway.ground.http.operation import (
    BODY_PROBLEMS,
    NAME,
    Answer,
    Operation,
    Parameter,
    Route,
)
from gateway.ground.http.problems import ProblemError
from gateway.ground.http.wire import Time
from gateway.partners.authentication import Gate


class PassIn(Struct, forbid_unknown_fields=True):
    """Who waits: the `buyer.id` of the order to come."""

    buyer: Annotated[str, Meta(min_length=1, max_length=128)]


class PassPlace(Struct, kw_only=True):
    """A buyer's place; `pass` is there once `number` ≤ `serving`, and is asked for again when it
    has run out."""

    number: int
    serving: int
    pass_: str | None = field(name="pass")
    expires_at: Time | None
    retry_after_s: int


_DECODER: Final = Decoder(PassIn)
TAKE_PLACE: Final = Operation(
    name="takePlace",
    tag="Campaigns",
    summary="Wait for a pass",
    description="The same buyer has the same number. A campaign's numbers come from here or from"
    " your own front, not from both.",
    scope=Scope.ORDERS_WRITE,
    parameters=(Parameter("campaign", "A campaign that demands passes.", NAME),),
    body=PassIn,
    answers={
        201: Answer("A new place.", PassPlace),
        200: Answer("The buyer has this place already.", PassPlace),
    },
    problems=(*BODY_PROBLEMS, "not-found", "campaign-closed"),
)


class Passes:
    """The waiting rooms of one worker. `sign` (key, text) makes HMACs; `now` is the database's
    clock."""

    def __init__(
        self,
        gate: Gate,
        *,
        catalog: CurrentCatalog,
        issuing: PassIssuing,
        sign: Callable[[str, str], str | None],
        now: Callable[[], datetime],
    ) -> None:
        self._gate = gate
        self._catalog = catalog
        self._issuing = issuing
        self._sign = sign
        self._now = now

    async def take(self, request: BaseRequest, name: str) -> Response:
        """201 with a new place, 200 with the one the buyer has."""
        key, body = await self._gate.admit(request, Scope.ORDERS_WRITE, json=True)
        check_strict(body)
        buyer_id = decode(_DECODER, body).buyer
        campaign = self._catalog.now.book(CampaignBook).campaigns.get(name)
        if campaign is None or campaign.room_id is None:
            raise ProblemError("not-found", "There is no campaign of this name with passes.")
        if campaign.partners is not None and key.partner_id not in campaign.partners:
            raise ProblemError("forbidden", "This campaign is not for this partner.")
        if self._now() >= campaign.ends_at:
            raise ProblemError("campaign-closed")
        place = await self._issuing.place(Wanted(key.partner_id, campaign.room_id, buyer_id))
        text, ends_at = None, None
        if place.number <= place.serving:
            exp = int(self._now().timestamp()) + LIFE_S_MAX
            said = Pass(campaign=name, buyer=buyer_id, number=place.number, exp=exp)
            text = make_pass(said, partial(self._signed, key.key_id))
            ends_at = datetime.fromtimestamp(exp, UTC)
        answer = PassPlace(
            number=place.number, serving=place.serving, pass_=text, expires_at=ends_at,
            retry_after_s=place.retry_after_s(),
        )  # fmt: skip
        return struct_response(answer, 201 if place.is_new else 200)

    def _signed(self, key_id: str, text: str) -> str:
        mac = self._sign(key_id, text)
        if mac is None:  # revoked in this very moment
            raise ProblemError("unauthenticated", "The request could not be authenticated.")
        return mac


ROUTES: Final = (Route("POST", "/v1/campaigns/{campaign}/passes", Passes.take, TAKE_PLACE),)
