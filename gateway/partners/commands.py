"""`quangate partner`: who orders."""

from gateway.ground.command.command import room
from gateway.ground.desk.commands import add_commands
from gateway.partners.desk import DECLARED

app = room("Who orders.")
add_commands(app, DECLARED)
