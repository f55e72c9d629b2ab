"""The console in a worker."""

from typing import Final

from gateway.console.menu import MENU
from gateway.ground.desk.all_declared import all_declared, own_pages
from gateway.ground.desk.html import console, console_routes
from gateway.ground.desk.html.form_page import Forms
from gateway.ground.desk.html.rooms import Rooms
from gateway.ground.desk.html.upload_page import Uploads
from gateway.ground.desk.html.visitor import Sessions
from gateway.ground.desk.rest.acting import Acting
from gateway.ground.desk.rest.place import Place
from gateway.ground.desk.rest.taking_in import TakingIn
from gateway.ground.wiring import Kit, Wiring


def pages(kit: Kit) -> console.Console:
    """Everything below `/console`."""
    place, sessions = kit[Place], kit[Sessions]
    rooms = Rooms(place, all_declared(), own_pages(), MENU)
    acting = Acting(place)
    uploads = Uploads(TakingIn(place, acting))
    return console.Console(rooms, sessions, Forms(sessions, acting), uploads)


WIRING: Final = Wiring(faces=((pages, console_routes.ROUTES),))
