"""`quangate channel`: platforms that order from us."""

from gateway.cli.command import room
from gateway.cli.declared import add_commands
from gateway.desks.channel import DECLARED

app = room("Platforms that order from us.")
add_commands(app, DECLARED)
