"""`quangate webhook`: our messages to partners."""

from gateway.cli.command import room
from gateway.cli.declared import add_commands
from gateway.desks.webhook import DECLARED

app = room("Messages to partners.")
add_commands(app, DECLARED)
