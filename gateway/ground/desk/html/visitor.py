"""Who is at the console or the portal, with a session; and what these ask of sessions."""

from dataclasses import dataclass
from typing import Final, Protocol

from gateway.ground.desk.html.address import CONSOLE
from gateway.ground.desk.rest.caller import Caller
from gateway.ground.http.request import Asked

SIGN_IN: Final = CONSOLE.sign_in
SIGN_OUT: Final = CONSOLE.sign_out


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Somebody at a browser. `form_token` stands in every form of his session."""

    caller: Caller
    form_token: str
    has_passkey: bool = False  # which does for a one-time code


@dataclass(frozen=True, slots=True, kw_only=True)
class SteppedUp:
    """A session after a one-time code: it goes on under another cookie, which is `set_cookie`."""

    visitor: Visitor
    set_cookie: str


class Sessions(Protocol):
    """Knows people by their cookie."""

    async def identify(self, request: Asked) -> Visitor | None:
        """Who asks; None: nobody who is signed in."""

    def is_ours(self, request: Asked) -> bool:
        """Whether a form was sent by a page of ours, as far as its head tells."""

    async def step_up(self, visitor: Visitor, code: str, request: Asked) -> SteppedUp | None:
        """None: the code is none, or spent; it is a failure like one of signing in."""

    async def step_up_by_passkey(
        self, visitor: Visitor, answer: str, request: Asked
    ) -> SteppedUp | None:
        """The same by what an authenticator answered."""
