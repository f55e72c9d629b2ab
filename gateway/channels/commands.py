"""`quangate channel`: platforms that order from us."""

from gateway.channels.desk import DECLARED
from gateway.ground.command.command import room
from gateway.ground.desk.commands import add_commands

app = room("Platforms that order from us.")
add_commands(app, DECLARED)
