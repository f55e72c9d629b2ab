"""One's own passkeys: those there are, and making one."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from gateway.ground.desk.html.own_page import OwnPage
from gateway.ground.desk.port import At
from gateway.ground.desk.rest.caller import Caller
from gateway.operators import passkeys
from gateway.sessions.passkeys import Outcome

SAID_MADE: Final = "Done: you can sign in by it from now on."
SAID_REFUSED: Final = "This passkey was not taken: try again, from the beginning."
SAID_LABEL: Final = "A passkey needs a name of at most 64 letters."
SAID_THERE: Final = "This passkey is here already."
SAID_MANY: Final = "You have ten passkeys: revoke one first."
SAYINGS: Final[Mapping[str, str]] = {
    Outcome.MADE: SAID_MADE,
    Outcome.REFUSED: SAID_REFUSED,
    Outcome.LABEL: SAID_LABEL,
    Outcome.THERE: SAID_THERE,
    Outcome.MANY: SAID_MANY,
}


async def _mine(at: At, asked: Mapping[str, str], caller: Caller) -> Mapping[str, Any]:
    said = asked.get("said", "")
    return {
        "operator": caller.name,
        "said": SAYINGS.get(said),
        "is_good": said == Outcome.MADE,
        "stepped_up": caller.stepped_up,
        "passkeys": await passkeys.listed(at.db, caller.name),
    }


PAGES: Final[Sequence[OwnPage]] = (
    OwnPage(
        path="me/passkeys", zh="我的通行密钥", en="My passkeys",
        template="sessions/templates/passkeys.html", read=_mine, query=frozenset({"said"}),
    ),
)  # fmt: skip
