"""`quangate partner`: who orders."""

from gateway.cli.command import room
from gateway.cli.declared import add_commands
from gateway.desks.partner import DECLARED

app = room("Who orders.")
add_commands(app, DECLARED)
