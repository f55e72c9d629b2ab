"""Everything below `/portal` that is for whoever is signed in."""

from typing import Final

from gateway.ground.desk.html.address import PORTAL
from gateway.ground.desk.html.console import Console
from gateway.ground.desk.html.console_routes import routes_below


class Portal(Console):
    """The pages of partners' own people."""


ROUTES: Final = routes_below(PORTAL.root)
