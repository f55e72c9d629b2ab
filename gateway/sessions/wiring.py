"""Sessions in a worker: who is signed in, the pages that need no session, and forgetting."""

import asyncio
from functools import partial
from typing import Final

from gateway.ground.desk.html.address import PORTAL
from gateway.ground.desk.html.visitor import Sessions
from gateway.ground.desk.rest.place import Place
from gateway.ground.errors import StoreUnavailableError
from gateway.ground.wiring import Built, Kit, Wiring
from gateway.partners.authentication import Gate
from gateway.sessions import http, http_passkeys, http_portal
from gateway.sessions.administration import SQL
from gateway.sessions.checking import PasswordChecks
from gateway.sessions.known import SessionsKnown
from gateway.sessions.metrics import SignIns, families
from gateway.sessions.passkeys import Passkeys
from gateway.sessions.portal_known import PortalSessions
from gateway.sessions.portal_rules import COOKIE_OF
from gateway.sessions.portal_sessions import SQL as PORTAL_SQL
from gateway.sessions.portal_sign_in import begin_as_person
from gateway.sessions.rules import IDLE_S, LIFETIME_S, REMEMBERED
from gateway.sessions.sign_in import SignIn, begin_session

FORGET_EVERY_S: Final = 60.0
PORTAL_FORM: Final = "sessions/templates/portal_sign_in.html"


def known(kit: Kit) -> Sessions:
    """Who is signed in."""
    return SessionsKnown(kit[Place])


def counted(_kit: Kit) -> SignIns:
    """How tries to sign in end here."""
    return SignIns()


def signing_in(kit: Kit) -> http.SigningIn:
    """The pages that need no session."""
    place = kit[Place]
    checked = SignIn(place, PasswordChecks(), kit[SignIns], begin_session)
    return http.SigningIn(SessionsKnown(place), checked)


def by_passkey(kit: Kit) -> http_passkeys.Ceremonies:
    """What browsers are asked that have a passkey."""
    place = kit[Place]
    return http_passkeys.Ceremonies(SessionsKnown(place), Passkeys(place, kit[SignIns]))


def by_key(kit: Kit) -> http_portal.KeySignIn:
    """Signing in to the portal with a key."""
    return http_portal.KeySignIn(kit[Gate], kit[Place])


def as_person(kit: Kit) -> http_portal.PortalSigningIn:
    """The same by name."""
    place = kit[Place]
    checked = SignIn(place, PasswordChecks(), kit[SignIns], begin_as_person, of_partners=True)
    return http_portal.PortalSigningIn(
        PortalSessions(place), checked, face=PORTAL, form=PORTAL_FORM, cookie_of=COOKIE_OF
    )


def build(kit: Kit) -> Built:
    """What is over is forgotten, what lasts is counted: what strangers make us keep has a term."""
    place = kit[Place]
    signs = kit[SignIns]
    passkeys = Passkeys(place, signs)

    async def forget() -> None:
        while True:
            await asyncio.sleep(FORGET_EVERY_S)
            try:
                async with place.statements() as db:
                    await SQL.forget_failures.run(db, REMEMBERED.total_seconds())
                    await SQL.forget_sessions.run(db, LIFETIME_S)
                    await PORTAL_SQL.forget_sessions.run(db, LIFETIME_S)
                    signs.lasting = await SQL.count_sessions.only(db, LIFETIME_S, IDLE_S)
                await passkeys.forget()
            except StoreUnavailableError:
                continue  # the next turn is soon enough

    return Built(keeping=(forget,), metrics=(partial(families, signs),))


WIRING: Final = Wiring(
    makes=(known, counted),
    faces=(
        (signing_in, http.ROUTES),
        (by_passkey, http_passkeys.ROUTES),
        (by_key, http_portal.KEY_ROUTES),
        (as_person, http_portal.PERSON_ROUTES),
    ),
    build=build,
)
