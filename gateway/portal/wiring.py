"""The portal in a worker: its pages."""

from typing import Final

from gateway.ground.desk.all_declared import portal_declared
from gateway.ground.desk.html.address import PORTAL
from gateway.ground.desk.html.form_page import Forms
from gateway.ground.desk.html.rooms import Rooms
from gateway.ground.desk.html.upload_page import Uploads
from gateway.ground.desk.rest.acting import Acting
from gateway.ground.desk.rest.place import Place
from gateway.ground.desk.rest.taking_in import TakingIn
from gateway.ground.wiring import Kit, Wiring
from gateway.ledger.statements import Statements
from gateway.portal import http
from gateway.portal.menu import MENU
from gateway.portal.pages import PAGES
from gateway.portal.statement_pages import DayPages
from gateway.sessions.portal_known import PortalSessions


def pages(kit: Kit) -> http.Portal:
    """Everything below `/portal`."""
    place, sessions = kit[Place], PortalSessions(kit[Place])
    own = (*PAGES, *DayPages(kit[Statements]).pages())
    rooms = Rooms(place, portal_declared(), own, MENU, PORTAL)
    acting = Acting(place)
    return http.Portal(rooms, sessions, Forms(sessions, acting), Uploads(TakingIn(place, acting)))


WIRING: Final = Wiring(faces=((pages, http.ROUTES),))
